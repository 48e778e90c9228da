/* The circuit: gates and wires, values above the wire and gradients below. Where things stand is in the data;
   nothing ever moves. */

class Drawing {
  constructor(tape, root, onSelect) {
    this.tape = tape;
    this.root = root;
    this.parts = new Map(); /* by node id */
    this.wires = new Map(); /* by edge id */
    this.onSelect = onSelect;
    const columns = [...new Set(tape.nodes.filter(n => n.at).map(n => n.at[0]))].sort((a, b) => a - b);
    this.column = columns.length > 1 ? columns[1] - columns[0] : Infinity;
    root.setAttribute('viewBox', `0 0 ${tape.data.width} ${tape.data.height}`);
    this.edgeLayer = svg('g', {class: 'edges'});
    this.nodeLayer = svg('g', {class: 'nodes'});
    this.tagLayer = svg('g', {'class': 'tags', 'aria-hidden': 'true'});
    root.append(this.arrows(), this.edgeLayer, this.nodeLayer, this.tagLayer);
    for (const n of tape.nodes) if (n.at) this.addNode(n);
    for (const e of tape.edges) if (e.drawn) this.addEdge(e);
    this.chip = svg(
      'g',
      {class: 'chip', visibility: 'hidden'},
      svg('rect', {rx: 8}),
      svg('text', {'text-anchor': 'middle'}),
    );
    this.tagLayer.append(this.chip);
  }

  arrows() {
    const arrow = (id, colour, back) =>
      svg(
        'marker',
        {
          id,
          viewBox: '0 0 10 10',
          refX: back ? 1 : 9,
          refY: 5,
          markerWidth: 4,
          markerHeight: 4,
          orient: 'auto',
        },
        svg('path', {d: back ? 'M10 0 L0 5 L10 10 z' : 'M0 0 L10 5 L0 10 z', fill: `var(${colour})`}),
      );
    return svg('defs', {}, arrow('forward', '--value'), arrow('backward', '--grad', true), arrow('again', '--quiet'));
  }

  isRound(n) {
    return n.op && gateLabel(n).length === 1;
  }
  halfWidth(n) {
    return this.isRound(n) ? ROUND : GATE;
  }
  /* Gates of many arguments are taller, by what stands in their place. */
  halfHeight(n) {
    return 28 + n.at[2];
  }
  /* The height from which an edge comes. */
  arrival(e) {
    return e.via.length ? e.via.at(-1) : this.tape.nodes[this.tape.nodes[e.from].shown].at[1];
  }
  /* Where an argument arrives: from above in their order, which may be any for sums and products. */
  port(e) {
    const to = this.tape.nodes[this.tape.nodes[e.to].shown];
    const all = to.in.filter(other => other.drawn === 1),
      count = all.length;
    if (to.op.infix && '+×'.includes(gateLabel(to))) all.sort((a, b) => this.arrival(a) - this.arrival(b));
    const k = all.indexOf(e);
    const step = Math.min(26, (2 * this.halfHeight(to) - 4) / Math.max(1, count - 1)),
      dy = k < 0 ? 0 : (k - (count - 1) / 2) * step;
    const half = this.halfWidth(to);
    const inset = this.isRound(to) ? ROUND - Math.sqrt(Math.max(0, ROUND * ROUND - dy * dy)) : 0;
    return {x: to.at[0] - half + inset, y: to.at[1] + dy, dy, count, step};
  }

  addEdge(e) {
    const from = this.tape.nodes[this.tape.nodes[e.from].shown],
      end = this.port(e);
    const x = from.at[0] + WIRE_END,
      y = from.at[1];
    let path = `M${x} ${y}`;
    if (e.drawn === 2) {
      const below = Math.max(y, end.y) + 92;
      path += ` C${x + 60} ${below} ${end.x - 60} ${below} ${end.x} ${end.y}`;
    } else {
      const points = [[x, y]];
      for (let i = 0; i < e.via.length; i += 2)
        points.push([e.via[i] - GATE, e.via[i + 1]], [e.via[i] + WIRE_END, e.via[i + 1]]);
      points.push([end.x, end.y]);
      for (let i = 1; i < points.length; i++) path += this.curve(points[i - 1], points[i], i % 2 === 0);
    }
    const line = svg('path', {'class': e.drawn === 2 ? 'wire again' : 'wire', 'd': path, 'data-edge': e.id});
    const hit = svg('path', {'class': 'hit', 'd': path, 'data-edge': e.id});
    this.edgeLayer.append(line, hit);
    const wire = {line, tag: null, shown: null};
    if (e.drawn === 1) wire.tag = this.addTag(e, end);
    this.wires.set(e.id, wire);
  }
  /* An edge's numbers stand between the fork before it and its gate: over the first wire that enters the gate,
     under the last, on those between, which have room for one line only. */
  addTag(e, {x, y, dy, count, step}) {
    const [gx] = this.tape.nodes[this.tape.nodes[e.to].shown].at,
      {noteHalf} = this.parts.get(this.tape.nodes[e.to].shown),
      right = Math.min(x - TAG_GAP, gx - noteHalf - 6),
      room = right - (gx - this.column + WIRE_END + 8);
    const last = count > 1 && dy >= (step * (count - 1)) / 2,
      inner = count > 2 && !last && dy > (-step * (count - 1)) / 2;
    const row = (name, at) => svg('tspan', {class: name, x: right, y: y + at});
    const rows = inner
      ? [svg('tspan', {class: 'local'}), svg('tspan', {class: 'message'})]
      : [row('local', last ? 21 : -8), row('message', last ? 40 : -27)];
    const text = svg('text', {'class': 'tag', 'text-anchor': 'end', 'data-edge': e.id, 'x': right, 'y': y + 5}, ...rows);
    this.tagLayer.append(text);
    return {text, rows, right, y, room, inner, size: inner ? Math.min(19, step - 3) : 19, above: !last};
  }
  curve([x0, y0], [x1, y1], straight) {
    if (straight || y0 === y1) return ` L${x1} ${y1}`;
    const bend = Math.max(24, (x1 - x0) / 2);
    return ` C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
  }

  gate(n) {
    const [x, y] = n.at;
    if (!n.op)
      return svg('rect', {class: `gate leaf ${n.kind}`, x: x - GATE, y: y - 24, width: 2 * GATE, height: 48, rx: 24});
    if (this.isRound(n)) return svg('circle', {class: 'gate', cx: x, cy: y, r: ROUND});
    const half = this.halfHeight(n);
    return svg('rect', {class: 'gate', x: x - GATE, y: y - half, width: 2 * GATE, height: 2 * half, rx: 8});
  }
  /* Text that is made smaller, and at last shortened, where it would be too long for its gate. */
  gateText(n) {
    const constant = n.kind === 'constant' && isScalar(n.value) ? short(n.value) : 'const';
    const words = n.op ? gateLabel(n) : n.name || (n.kind === 'constant' ? constant : `v${n.id}`);
    const lines = linesOf(words),
      round = this.isRound(n),
      style = n.op ? '600' : 'italic 600';
    const fitted = lines.map(line => fitText([line], round ? 46 : n.op ? 94 : 84, round ? 34 : 22 - lines.length, 11, style));
    const size = Math.min(...fitted.map(f => f.size));
    const text = svg('text', {'class': n.op ? 'op' : 'op name', 'text-anchor': 'middle', 'font-size': size});
    fitted.forEach((line, i) =>
      text.append(svg('tspan', {x: n.at[0], y: n.at[1] + size * (0.35 + i - (lines.length - 1) / 2)}, line.text)),
    );
    return text;
  }
  /* The name above an op, its shape or options below; returns half the width of the widest. */
  addNotes(n, group) {
    const [x, y, more] = n.at;
    let half = 0;
    const note = (text, at) => {
      const t = svg('text', {'class': 'note', x, 'y': at, 'text-anchor': 'middle'});
      const {text: words, size} = setFitted(t, [text], 2 * GATE, 16, 11, '400');
      half = Math.max(half, widthOf(words, size, '400') / 2);
      group.append(t);
    };
    if (n.op && n.name) note(n.name, y - 38 - more);
    if (n.repeat > 1) note(`× ${n.repeat}`, y + 50 + more);
    else if (n.shape.length) note(n.type.replace(/^[a-z]+\d+/, ''), y + 50 + more);
    else if (n.op?.text) note(n.op.text, y + 50 + more);
    return half;
  }

  addNode(n) {
    const [x, y, more] = n.at;
    const group = svg('g', {
      'class': 'node',
      'data-node': n.id,
      'data-name': n.op ? '' : n.name,
      'tabindex': 0,
      'role': 'button',
    });
    const value = svg('text', {'class': 'value', 'x': x + WIRE_MIDDLE, 'y': y - 9, 'text-anchor': 'middle'});
    const grad = svg('text', {'class': 'grad', 'x': x + WIRE_MIDDLE, 'y': y + 25, 'text-anchor': 'middle'});
    const stub = svg('line', {class: 'wire', x1: x + this.halfWidth(n), y1: y, x2: x + WIRE_END, y2: y});
    group.append(
      svg('rect', {class: 'focus', x: x - 58, y: y - 57 - more, width: WIRE_END + 66, height: 114 + 2 * more, rx: 14}),
      stub,
      this.gate(n),
      this.gateText(n),
    );
    if (n.out.filter(e => e.drawn).length > 1)
      group.append(svg('circle', {class: 'fork', cx: x + WIRE_END, cy: y, r: 6}));
    const noteHalf = this.addNotes(n, group);
    const heat = svg('g', {class: 'heat'}),
      heatGrad = svg('g', {class: 'heat'});
    group.append(value, grad, heat, heatGrad);
    group.addEventListener('click', () => this.onSelect(n.id));
    group.addEventListener('keydown', event => {
      if (event.key === 'Enter') this.onSelect(n.id);
    });
    this.nodeLayer.append(group);
    this.parts.set(n.id, {group, value, grad, heat, heatGrad, noteHalf, shown: null});
  }

  /* A tensor as coloured cells within 100 by 22 pixels. */
  drawHeat(group, v, x, y) {
    if (!v || isScalar(v) || !v.d) return group.replaceChildren();
    const {rows, columns} = gridOf(v.shape, v.n);
    if (rows > 16 || columns > 32) return group.replaceChildren();
    const cell = Math.max(2, Math.min(12, 22 / rows, 100 / columns)),
      largest = largestOf(v);
    group.replaceChildren(
      ...v.d.map((d, i) =>
        svg('rect', {
          x: x - (columns * cell) / 2 + (i % columns) * cell,
          y: y + Math.floor(i / columns) * cell,
          width: cell,
          height: cell,
          style: `fill:${heatColour(d, largest)}`,
        }),
      ),
    );
  }

  update(t, step, quiz) {
    const active = step.edge === undefined ? null : this.tape.edges[step.edge];
    const standIn = new Map(); /* drawn nodes lend their place to those of the step that are folded into them */
    for (const id of [active?.from, step.node])
      if (id >= 0) standIn.set(this.tape.nodes[id].shown, this.tape.nodes[id]);
    for (const [id, part] of this.parts)
      this.updateNode(this.tape.nodes[id], standIn.get(id) ?? this.tape.nodes[id], part, t, step, active, quiz);
    for (const [id, wire] of this.wires) this.updateEdge(this.tape.edges[id], wire, t, step, active, quiz);
    if (!active || this.updateChip(active, quiz)) return;
    const edge = this.drawnEdge(active);
    if (edge) this.updateEdge(edge, this.wires.get(edge.id), t, step, active, quiz, false);
  }

  updateNode(n, stands, part, t, step, active, quiz) {
    const value = this.tape.valueAt(stands, t),
      g = this.tape.gradAt(stands, t),
      hidden = quiz.hides(stands);
    const classes = ['node'];
    if (value === UNKNOWN) classes.push('later');
    if (step.kind !== 'start' && this.tape.nodes[step.node].shown === n.id)
      classes.push(step.kind === 'forward' ? 'active-forward' : 'active-gate');
    if (active ? this.tape.nodes[active.from].shown === n.id : step.kind === 'seed' && step.node === n.id)
      classes.push('active-grad');
    if (quiz.selected === n.id) classes.push('selected');
    const gradText = !stands.wanted
      ? ''
      : g.partial && g.value === UNKNOWN
        ? `${g.done} of ${g.of}`
        : hidden && g.value !== UNKNOWN
          ? '?'
          : brief(g.value);
    const text =
      [brief(value), gradText, classes.join(' '), g.partial].join('|') +
      (value === UNKNOWN ? '' : 'v') +
      t * (n.shape.length > 0);
    if (part.shown === text) return;
    part.shown = text;
    part.group.setAttribute('class', classes.join(' '));
    this.setNumber(part.value, value === UNKNOWN ? [''] : briefs(value), classes.includes('active-forward'));
    const more = g.partial && g.value !== UNKNOWN && !hidden ? ' +…' : '',
      shown = gradText && g.value !== UNKNOWN && !hidden ? briefs(g.value) : [gradText];
    this.setNumber(part.grad, shown.map(text => text + more), classes.includes('active-grad'));
    part.grad.dataset.exact = isScalar(g.value) && !hidden ? g.value : '';
    part.value.dataset.exact = isScalar(value) ? value : '';
    const [x, y] = n.at,
      withShape = v => (v && !isScalar(v) ? {...v, shape: n.shape} : v);
    this.drawHeat(part.heat, withShape(value), x + WIRE_MIDDLE, y - 58);
    this.drawHeat(part.heatGrad, hidden ? UNKNOWN : withShape(g.value), x + WIRE_MIDDLE, y + 32);
    part.group.setAttribute(
      'aria-label',
      `${label(n)}, ${n.equation}, value ${brief(value)}, gradient ${gradText || 'not wanted'}`,
    );
  }

  /* On the wire behind its gate; larger where the step is. */
  setNumber(element, texts, active) {
    setFitted(element, texts, WIRE_ROOM, active ? 29 : 24, 12);
  }

  updateEdge(e, wire, t, step, active, quiz, chip = true) {
    const done = t >= e.time,
      isActive = active && this.drawnEdge(active) === e,
      numbers = done && wire.tag && !(isActive && chip);
    const feeds = step.kind === 'forward' && e.to === this.tape.nodes[step.node].shown;
    const forks = this.tape.contributions(this.tape.nodes[e.from]).length > 1;
    const local = numbers && isScalar(e.local) ? [`×${short(e.local)}`, `×${short(e.local, 2)}`] : [''];
    const message =
      numbers && forks && isScalar(e.message) && !quiz.hides(this.tape.nodes[e.from])
        ? [`← ${short(e.message)}`, `← ${short(e.message, 2)}`]
        : [''];
    const classes = `wire${e.drawn === 2 ? ' again' : ''}${feeds ? ' feeds' : ''}${isActive ? ' sends' : ''}${done ? ' done' : ''}`;
    const text = classes + local[0] + message[0];
    if (wire.shown === text) return;
    wire.shown = text;
    wire.line.setAttribute('class', classes);
    if (wire.tag) this.setTag(wire.tag, local, message);
  }
  setTag({text, rows, room, size, inner}, local, message) {
    if (size < 11 || room < 24) local = message = [''];
    if (!inner) return [local, message].forEach((texts, i) => setFitted(rows[i], texts, room, size, 10, '600'));
    const pairs = [0, 1].map(i => [local[i] ?? local[0], message[i] ?? message[0]].filter(Boolean)),
      fitted = fitText(pairs.map(pair => pair.join(' ')), room, size, 10, '600'),
      pair = pairs.find(pair => pair.join(' ') === fitted.text) ?? [fitted.text];
    const both = local[0] ? pair : ['', ...pair];
    rows.forEach((row, i) => (row.textContent = (i && both[0] ? ' ' : '') + (both[i] ?? '')));
    text.style.fontSize = `${fitted.size}px`;
  }

  /* The edge itself, or of a folded one its counterpart. */
  drawnEdge(e) {
    const key = ({from, to, arg}) => [this.tape.nodes[from].shown, this.tape.nodes[to].shown, arg].join();
    this.drawnEdges ??= new Map(this.tape.edges.filter(other => other.drawn).map(other => [key(other), other]));
    return e.drawn ? e : this.drawnEdges.get(key(e));
  }

  /* upstream × local = message, beside the edge of the step, where there is room for it; says whether there is. */
  updateChip(active, quiz) {
    const wire = active && this.wires.get(this.drawnEdge(active)?.id);
    const [rect, text] = this.chip.children;
    this.chip.setAttribute('visibility', 'hidden');
    const factors = [this.tape.nodes[active?.to]?.grad, active?.local, active?.message];
    if (!wire?.tag || !factors.every(isScalar)) return false;
    const hidden = quiz.hides(this.tape.nodes[active.from]),
      upHidden = quiz.hides(this.tape.nodes[active.to]);
    text.replaceChildren(
      svg('tspan', {class: 'grad'}, upHidden ? '?' : inEquation(this.tape.nodes[active.to].grad)),
      ' × ',
      svg('tspan', {class: 'local'}, inEquation(active.local)),
      ' = ',
      svg('tspan', {class: 'grad strong'}, hidden ? '?' : short(active.message)),
    );
    const width = widthOf(text.textContent, 21, '800') + 16,
      height = 34;
    const taken = [...this.taken(), ...this.alongside(wire.line)];
    const place = freePlace(this.wishes(active, wire), width, height, taken, this.tape.data);
    if (!place) return false;
    const [x, y] = place;
    this.chip.setAttribute('visibility', 'visible');
    text.setAttribute('x', x);
    text.setAttribute('y', y + 7);
    for (const [key, v] of Object.entries({x: x - width / 2, y: y - height / 2, width, height}))
      rect.setAttribute(key, v);
    return true;
  }
  /* Where an edge's chip would best be: near the edge's end. */
  wishes(edge, wire) {
    const shown = id => this.tape.nodes[this.tape.nodes[id].shown].at;
    const [gx, gy] = shown(edge.to),
      [fx, fy] = shown(edge.from),
      middle = (fx + WIRE_END + gx - GATE) / 2,
      side = wire.tag.above ? -1 : 1;
    return [
      [gx - 10, gy + 62 * side],
      [middle, gy + 62 * side],
      [middle, fy + 62 * side],
      [middle, fy - 62 * side],
      [gx - 60, gy + 90 * side],
      [gx - 10, gy - 62 * side],
    ];
  }
  /* The wire itself, along which the step's arrow runs. */
  alongside(line) {
    const length = line.getTotalLength();
    return Array.from({length: Math.ceil(length / 20)}, (_, i) => {
      const {x, y} = line.getPointAtLength(20 * i);
      return [x - 7, y - 7, x + 7, y + 7];
    });
  }
  /* What nothing may cover: gates with their notes, the numbers and cells on their wires, numbers at edges. */
  taken() {
    this.ofNodes ??= this.tape.nodes
      .filter(n => n.at)
      .flatMap(n => {
        const [x, y, more] = n.at,
          {noteHalf, group} = this.parts.get(n.id),
          notes = [...group.querySelectorAll('.note')].map(note => Number(note.getAttribute('y'))),
          cells = n.value?.d || n.grad?.d ? 58 : 34;
        return [
          [x - GATE, y - 32 - more, x + GATE, y + 32 + more],
          [x + GATE, y - cells, x + WIRE_END - 4, y + cells],
          ...notes.map(at => [x - noteHalf, at - 13, x + noteHalf, at + 5]),
        ];
      });
    const ofEdges = [...this.wires.values()].flatMap(({tag}) =>
      (tag?.rows ?? [])
        .filter(row => row.textContent)
        .map(row => {
          const y = Number(row.getAttribute('y') ?? tag.text.getAttribute('y'));
          return [tag.right - tag.room, y - 15, tag.right, y + 4];
        }),
    );
    return [...this.ofNodes, ...ofEdges];
  }

  light(nodes, edges) {
    for (const [id, part] of this.parts) part.group.classList.toggle('lit', nodes.has(id));
    for (const [id, wire] of this.wires) wire.line.classList.toggle('lit', edges.has(id));
  }
}
