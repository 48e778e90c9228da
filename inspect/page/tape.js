/* The tape: what stands in the page's data, the order of its steps, and for scalar graphs the arithmetic. */

const UNKNOWN = undefined;
const isScalar = v => typeof v === 'number';

/* JSON knows no NaN and no infinity: they are strings. */
function number(v) {
  if (v === 'nan') return NaN;
  if (v === 'inf') return Infinity;
  if (v === '-inf') return -Infinity;
  return v;
}
function tensor(v) {
  if (v === null || v === undefined) return UNKNOWN;
  if (typeof v !== 'object') return number(v);
  return {...v, s: v.s.map(number), d: v.d?.map(number)};
}

/* The sum of scalars, or of small tensors whose elements are there; else UNKNOWN. */
function sumOf(parts) {
  if (parts.every(isScalar)) return parts.reduce((sum, x) => sum + x, 0);
  if (!parts.every(part => part?.d)) return UNKNOWN;
  const d = parts[0].d.map((_, i) => parts.reduce((sum, part) => sum + part.d[i], 0)),
    mean = d.reduce((sum, x) => sum + x, 0) / d.length;
  return {n: d.length, s: [Math.min(...d), mean, Math.max(...d)], d};
}

class Tape {
  constructor(data) {
    this.data = data;
    this.edges = [];
    this.nodes = data.nodes.map((n, id) => this.readNode(n, id));
    for (const e of this.edges) this.nodes[e.from].out.push(e);
    for (const n of this.nodes) {
      n.places = n.same === n.id ? [] : this.nodes[n.same].places;
      n.places.push(n);
    }
    this.makeSteps();
    this.saveProgram();
    this.whyNotEditable = this.compile();
  }

  readNode(n, id) {
    const node = {
      id,
      name: n.name ?? '',
      equation: n.eq,
      op: n.op === undefined ? null : this.data.ops[n.op],
      kind: n.kind ?? '',
      shape: n.shape ?? [],
      dtype: n.dtype ?? this.data.dtype,
      wanted: !!n.wanted,
      value: tensor(n.value),
      grad: tensor(n.grad),
      seed: !!n.seed,
      unexplained: !!n.unexplained,
      same: n.same ?? id /* of a parameter that stands on the tape several times: its first place */,
      at: n.at,
      shown: n.at ? id : n.shown,
      repeat: n.repeat ?? 1,
      where: n.file ? `${n.file}:${n.line}` : '',
      in: [],
      out: [],
      born: 0,
    };
    node.in = (n.in ?? []).map(([from, equation, local, message, drawn, via], arg) => {
      const e = {
        id: this.edges.length,
        from,
        to: id,
        arg,
        equation,
        local: tensor(local),
        message: tensor(message),
        drawn: drawn ?? 0,
        via: via ?? [],
        time: Infinity,
      };
      this.edges.push(e);
      return e;
    });
    node.type = node.dtype + (node.shape.length ? `[${node.shape}]` : '');
    return node;
  }

  /* Every step: {kind: 'start'|'forward'|'seed'|'backward', node, edge}. */
  makeSteps() {
    const steps = [{kind: 'start', node: -1}];
    const add = step => steps.push(step) - 1;
    for (const n of this.nodes) if (n.op) n.born = add({kind: 'forward', node: n.id});
    this.forwardSteps = steps.length;
    this.hasGradients = this.nodes.some(n => n.seed);
    for (const n of this.nodes) if (n.seed) n.seeded = add({kind: 'seed', node: n.id});
    for (let id = this.nodes.length; id-- > 0;) {
      const n = this.nodes[id];
      if (n.grad === UNKNOWN) continue;
      for (const e of n.in) if (e.equation) e.time = add({kind: 'backward', node: id, edge: e.id});
    }
    this.allSteps = steps;
  }

  /* Those of the nodes that are drawn; `everything`: of folded and hidden ones too. Numbers into allSteps. */
  steps(everything) {
    return this.allSteps
      .map((_, t) => t)
      .filter(t => {
        const {kind, node} = this.allSteps[t];
        return everything || ['start', 'seed'].includes(kind) || this.nodes[node].at;
      });
  }

  /* ---- what is known at a time ---- */

  valueAt(n, t) {
    return t >= n.born ? n.value : UNKNOWN;
  }
  contributions(n) {
    return n.places.flatMap(place => place.out.filter(e => e.time < Infinity));
  }
  /* {value, done, of}: the gradient as far as it has come; value UNKNOWN before its first step. */
  gradAt(n, t) {
    if (n.grad === UNKNOWN) return {value: UNKNOWN, done: 0, of: 0};
    const all = this.contributions(n),
      done = all.filter(e => e.time <= t);
    if (n.seed) return {value: t >= n.seeded ? n.grad : UNKNOWN, done: t >= n.seeded ? 1 : 0, of: 1};
    const of = all.length;
    /* Not from here: it stands there from the turn on. */
    if (!of) return {value: t >= this.forwardSteps - 1 ? n.grad : UNKNOWN, done: 0, of};
    if (!done.length) return {value: UNKNOWN, done: 0, of};
    if (done.length === of) return {value: n.grad, done: of, of};
    const value = n.unexplained ? UNKNOWN : sumOf(done.map(e => e.message));
    return {value, partial: true, done: done.length, of};
  }

  /* ---- arithmetic ---- */

  saveProgram() {
    this.program = {
      values: this.nodes.map(n => n.value),
      grads: this.nodes.map(n => n.grad),
      locals: this.edges.map(e => e.local),
      messages: this.edges.map(e => e.message),
    };
  }
  /* Back to the numbers of the program. */
  reset() {
    const {values, grads, locals, messages} = this.program;
    this.nodes.forEach((n, i) => {
      n.value = values[i];
      n.grad = grads[i];
    });
    this.edges.forEach((e, i) => {
      e.local = locals[i];
      e.message = messages[i];
    });
    this.edited = false;
  }

  /* '' when leaves can be edited; else the reason why not. */
  compile() {
    const large = this.nodes.find(n => n.value === UNKNOWN || !isScalar(n.value));
    if (large) return `v${large.id} is no scalar; values can be edited in graphs of scalars`;
    if (!this.leaves().length) return 'the graph has no inputs';
    if (this.data.note) return this.data.note;
    try {
      for (const op of this.data.ops) this.compileOp(op);
      this.compute();
    } catch (error) {
      this.reset();
      if (error instanceof FormulaError) return `${error.message}; so the page cannot compute it`;
      throw error;
    }
    const wrong = this.disagreement();
    this.reset();
    if (!wrong) return '';
    return wrong.op
      ? `the page's formula of ${wrong.op.name} does not give the program's numbers`
      : `the page's formulas do not give the program's gradient of ${label(wrong)}`;
  }
  compileOp(op) {
    const named = (what, f) => {
      try {
        return f();
      } catch (error) {
        if (error instanceof FormulaError) throw new FormulaError(`${op.name}: ${error.message}`);
        throw error;
      }
    };
    if (op.random) throw new FormulaError(`${op.name} draws random numbers`);
    op.forward = named('math', () => compileFormula(op.view ? 'x' : op.math));
    op.mentionsDy = op.derivative.map(d => /\bdy\b/.test(d) && !op.view);
    op.backward = op.derivative.map(d => {
      const text = op.view ? '1' : d;
      return text ? named('derivative', () => compileFormula(text)) : null;
    });
  }
  round(x) {
    return this.data.dtype === 'f32' ? Math.fround(x) : x;
  }
  env(n, dy) {
    const env = {...n.op.options, n: 1, y: n.value, dy};
    n.in.forEach((e, k) => {
      env[n.op.view ? 'x' : n.op.args[k]] = this.nodes[e.from].value;
    });
    return env;
  }
  /* Everything anew from the leaves' values. */
  compute() {
    for (const n of this.nodes) if (n.op) n.value = this.round(n.op.forward(this.env(n, 1)));
    for (const n of this.nodes) if (n.grad !== UNKNOWN) n.grad = n.seed ? n.grad : 0;
    for (let id = this.nodes.length; id-- > 0;) {
      const n = this.nodes[id];
      if (!n.op) continue;
      for (const e of n.in) if (e.equation && e.local !== UNKNOWN) this.computeEdge(n, e);
    }
  }
  computeEdge(n, e) {
    const derivative = n.op.backward[e.arg];
    if (!derivative) throw new FormulaError(`${n.op.name}: its derivative is not written down`);
    e.local = this.round(derivative(this.env(n, 1)));
    if (e.message === UNKNOWN) return;
    const whole = n.op.mentionsDy[e.arg];
    e.message = this.round(whole ? derivative(this.env(n, n.grad)) : n.grad * e.local);
    for (const place of this.nodes[e.from].places) place.grad = this.round(place.grad + e.message);
  }
  disagreement() {
    const tolerance = this.data.dtype === 'f32' ? 1e-4 : 1e-11;
    const near = (a, b) =>
      a === b ||
      (Number.isNaN(a) && Number.isNaN(b)) ||
      (a === UNKNOWN && b === UNKNOWN) ||
      Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
    return (
      this.nodes.find((n, i) => !near(n.value, this.program.values[i])) ??
      this.nodes.find((n, i) => !near(n.grad, this.program.grads[i]))
    );
  }

  leaves() {
    return this.nodes.filter(n => !n.op && n.same === n.id && n.kind !== 'constant' && n.dtype === this.data.dtype);
  }
  edit(n, value) {
    for (const place of n.places) place.value = this.round(value);
    this.edited = true;
    this.compute();
  }
}
