/* The circuit: gates and wires, values above the wire and gradients below. Where things stand is in the data;
   nothing ever moves. */

const GATE = 52,
  ROUND = 32,
  WIRE_END = 168,
  WIRE_MIDDLE = 110;

class Drawing {
  constructor(tape, root, onSelect) {
    this.tape = tape;
    this.root = root;
    this.parts = new Map(); /* by node id */
    this.wires = new Map(); /* by edge id */
    this.onSelect = onSelect;
    root.setAttribute('viewBox', `0 0 ${tape.data.width} ${tape.data.height}`);
    this.edgeLayer = svg('g', {class: 'edges'});
    this.nodeLayer = svg('g', {class: 'nodes'});
    this.tagLayer = svg('g', {'class': 'tags', 'aria-hidden': 'true'});
    root.append(this.arrows(), this.edgeLayer, this.nodeLayer, this.tagLayer);
    for (const e of tape.edges) if (e.drawn) this.addEdge(e);
    for (const n of tape.nodes) if (n.at) this.addNode(n);
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
    const step = Math.min(26, 52 / Math.max(1, count - 1)),
      dy = k < 0 ? 0 : (k - (count - 1) / 2) * step;
    const half = this.halfWidth(to);
    const inset = this.isRound(to) ? ROUND - Math.sqrt(Math.max(0, ROUND * ROUND - dy * dy)) : 0;
    return {x: to.at[0] - half + inset, y: to.at[1] + dy, dy, count};
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
    const above = end.dy <= 0 && e.drawn !== 2;
    const row = (name, dy) => svg('tspan', {class: name, x: end.x - 10, y: end.y + dy});
    const tag = svg(
      'text',
      {'class': 'tag', 'text-anchor': 'end', 'data-edge': e.id},
      row('local', above ? -8 : 21),
      row('message', above ? -27 : 40),
    );
    this.edgeLayer.append(line, hit);
    this.tagLayer.append(tag);
    this.wires.set(e.id, {line, tag, end, above, shown: null});
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
    return svg('rect', {class: 'gate', x: x - GATE, y: y - 28, width: 2 * GATE, height: 56, rx: 8});
  }
  /* Text that is squeezed where it would be too long for its gate. */
  gateText(n) {
    const constant = n.kind === 'constant' && isScalar(n.value) ? short(n.value) : 'const';
    const words = n.op ? gateLabel(n) : n.name || (n.kind === 'constant' ? constant : `v${n.id}`);
    const [, head, tail] = (words.length > 9 && words.match(/^(.{1,14}[._\/])([^._\/].*)$/s)) || [];
    const lines = (head ? [head, tail] : [words]).map(line => (line.length > 15 ? line.slice(0, 14) + '…' : line));
    const size = this.isRound(n)
      ? 34
      : Math.max(12, Math.min(head ? 20 : 23, 142 / Math.max(...lines.map(line => line.length))));
    const text = svg('text', {'class': n.op ? 'op' : 'op name', 'text-anchor': 'middle', 'font-size': size});
    lines.forEach((line, i) =>
      text.append(
        svg(
          'tspan',
          {
            x: n.at[0],
            y: n.at[1] + size * (0.35 + i - (lines.length - 1) / 2),
          },
          line,
        ),
      ),
    );
    return text;
  }

  addNode(n) {
    const [x, y] = n.at;
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
      svg('rect', {class: 'focus', x: x - 62, y: y - 54, width: 238, height: 108, rx: 14}),
      stub,
      this.gate(n),
      this.gateText(n),
    );
    if (n.out.filter(e => e.drawn).length > 1)
      group.append(svg('circle', {class: 'fork', cx: x + WIRE_END, cy: y, r: 6}));
    const note = (text, at) => {
      const t = svg('text', {'class': 'note', x, 'y': at, 'text-anchor': 'middle'});
      t.textContent = text;
      group.append(t);
    };
    if (n.op && n.name) note(n.name.length > 14 ? n.name.slice(0, 13) + '…' : n.name, y - 38);
    if (n.repeat > 1) note(`× ${n.repeat}`, y + 50);
    else if (n.shape.length) note(n.type.replace(/^[a-z]+\d+/, ''), y + 50);
    else if (n.op?.text) note(n.op.text.length > 16 ? n.op.text.slice(0, 15) + '…' : n.op.text, y + 50);
    const heat = svg('g', {class: 'heat'}),
      heatGrad = svg('g', {class: 'heat'});
    group.append(value, grad, heat, heatGrad);
    group.addEventListener('click', () => this.onSelect(n.id));
    group.addEventListener('keydown', event => {
      if (event.key === 'Enter') this.onSelect(n.id);
    });
    this.nodeLayer.append(group);
    this.parts.set(n.id, {group, value, grad, heat, heatGrad, shown: null});
  }

  /* A tensor as coloured cells within 100 by 26 pixels. */
  drawHeat(group, v, x, y) {
    if (!v || isScalar(v) || !v.d) return group.replaceChildren();
    const {rows, columns} = gridOf(v.shape, v.n);
    if (rows > 16 || columns > 32) return group.replaceChildren();
    const cell = Math.max(2, Math.min(12, 26 / rows, 100 / columns)),
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
    this.updateChip(active, quiz);
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
          : brief(g.value, 2);
    const text =
      [brief(value, 2), gradText, classes.join(' '), g.partial].join('|') +
      (value === UNKNOWN ? '' : 'v') +
      t * (n.shape.length > 0);
    if (part.shown === text) return;
    part.shown = text;
    part.group.setAttribute('class', classes.join(' '));
    part.value.textContent = value === UNKNOWN ? '' : brief(value, 2);
    part.grad.textContent = gradText + (g.partial && g.value !== UNKNOWN && !hidden ? ' +…' : '');
    for (const text of [part.value, part.grad]) {
      const {length} = text.textContent,
        size = length > 14 ? 'wide wider' : length > 8 ? 'wide' : length < 7 ? 'roomy' : '';
      text.setAttribute('class', `${text === part.value ? 'value' : 'grad'} ${size}`);
    }
    part.grad.dataset.exact = isScalar(g.value) && !hidden ? g.value : '';
    part.value.dataset.exact = isScalar(value) ? value : '';
    const [x, y] = n.at,
      withShape = v => (v && !isScalar(v) ? {...v, shape: n.shape} : v);
    this.drawHeat(part.heat, withShape(value), x + WIRE_MIDDLE, y - 56);
    this.drawHeat(part.heatGrad, hidden ? UNKNOWN : withShape(g.value), x + WIRE_MIDDLE, y + 32);
    part.group.setAttribute(
      'aria-label',
      `${label(n)}, ${n.equation}, value ${brief(value, 2)}, gradient ${gradText || 'not wanted'}`,
    );
  }

  updateEdge(e, wire, t, step, active, quiz) {
    const done = t >= e.time,
      isActive = active && this.drawnEdge(active) === e;
    const feeds = step.kind === 'forward' && e.to === this.tape.nodes[step.node].shown;
    const forks = this.tape.contributions(this.tape.nodes[e.from]).length > 1;
    const local = done && !isActive && isScalar(e.local) ? `×${short(e.local)}` : '';
    const message =
      done && !isActive && forks && isScalar(e.message) && !quiz.hides(this.tape.nodes[e.from])
        ? `⟵ ${short(e.message)}`
        : '';
    const classes = `wire${e.drawn === 2 ? ' again' : ''}${feeds ? ' feeds' : ''}${isActive ? ' sends' : ''}${done ? ' done' : ''}`;
    const text = classes + local + message;
    if (wire.shown === text) return;
    wire.shown = text;
    wire.line.setAttribute('class', classes);
    wire.tag.children[0].textContent = local;
    wire.tag.children[1].textContent = message;
  }

  /* The edge itself, or of a folded one its counterpart. */
  drawnEdge(e) {
    const key = ({from, to, arg}) => [this.tape.nodes[from].shown, this.tape.nodes[to].shown, arg].join();
    this.drawnEdges ??= new Map(this.tape.edges.filter(other => other.drawn).map(other => [key(other), other]));
    return e.drawn ? e : this.drawnEdges.get(key(e));
  }

  /* upstream × local = message, on the edge of the step. */
  updateChip(active, quiz) {
    const wire = active && this.wires.get(this.drawnEdge(active)?.id);
    const up = active && this.tape.nodes[active.to].grad;
    this.chip.setAttribute('visibility', wire && isScalar(active.message) ? 'visible' : 'hidden');
    if (!wire || !isScalar(active.message)) return;
    const hidden = quiz.hides(this.tape.nodes[active.from]),
      upHidden = quiz.hides(this.tape.nodes[active.to]);
    const [rect, text] = this.chip.children;
    text.replaceChildren(
      svg('tspan', {class: 'grad'}, upHidden ? '?' : inEquation(up)),
      ' × ',
      svg('tspan', {class: 'local'}, inEquation(active.local)),
      ' = ',
      svg('tspan', {class: 'grad strong'}, hidden ? '?' : short(active.message)),
    );
    const width = text.textContent.length * 12 + 16,
      height = 34;
    const {x, y} = this.freePlace(active, wire, width, height);
    text.setAttribute('x', x);
    text.setAttribute('y', y + 7);
    for (const [key, v] of Object.entries({x: x - width / 2, y: y - height / 2, width, height}))
      rect.setAttribute(key, v);
  }
  /* Near the edge's end, over as little of the gates and numbers as can be. */
  freePlace(edge, wire, width, height) {
    const shown = id => this.tape.nodes[this.tape.nodes[id].shown].at;
    const [gx, gy] = shown(edge.to),
      [fx, fy] = shown(edge.from),
      middle = (fx + WIRE_END + gx - GATE) / 2,
      side = wire.above ? -1 : 1;
    const places = [
      [gx - 10, gy + 62 * side],
      [middle, gy + 62 * side],
      [middle, fy + 62 * side],
      [middle, fy - 62 * side],
      [gx - 60, gy + 90 * side],
      [gx - 10, gy - 62 * side],
      [fx + WIRE_MIDDLE, fy + 62 * side],
      [fx + WIRE_MIDDLE, fy - 62 * side],
    ];
    const overlap = (a, b, c, d) => Math.max(0, Math.min(b, d) - Math.max(a, c));
    const covered = ([x, y]) =>
      this.boxes().reduce(
        (sum, [left, top, right, bottom]) =>
          sum +
          overlap(left, right, x - width / 2, x + width / 2) * overlap(top, bottom, y - height / 2, y + height / 2),
        0,
      );
    const inside = ([x, y]) => [Math.max(x, width / 2 + 4), Math.max(y, height / 2 + 4)];
    const [best] = places
      .map(inside)
      .map(place => ({place, cost: covered(place)}))
      .sort((a, b) => a.cost - b.cost);
    return {x: best.place[0], y: best.place[1]};
  }
  /* What a node takes up: its gate, and the numbers on its wire. */
  boxes() {
    this.taken ??= this.tape.nodes
      .filter(n => n.at)
      .flatMap(({at: [x, y]}) => [
        [x - GATE, y - 32, x + GATE, y + 32],
        [x + GATE, y - 32, x + WIRE_END - 4, y + 32],
      ]);
    return this.taken;
  }

  light(nodes, edges) {
    for (const [id, part] of this.parts) part.group.classList.toggle('lit', nodes.has(id));
    for (const [id, wire] of this.wires) wire.line.classList.toggle('lit', edges.has(id));
  }
}
