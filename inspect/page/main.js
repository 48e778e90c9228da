/* The page: what is on it, and what happens on clicks and keys. */

const $ = id => document.getElementById(id);
const data = JSON.parse($('tape').textContent);
const tape = new Tape(data);
const view = {steps: [], position: 0, everything: false, playing: null, zoom: 1};
const quiz = new Quiz(tape, $('quiz'), () => show());
const drawing = new Drawing(tape, $('circuit'), select);
const listing = new Listing(tape, $('lines'), goTo);

function step() {
  return tape.allSteps[now()];
}
function now() {
  return view.steps[view.position];
}

/* ---- the equation of the step ---- */

function numbers(equation) {
  const line = element('span', {class: 'equation'});
  for (const p of pieces(equation)) {
    if (p.node === undefined) {
      line.append(p.text);
      continue;
    }
    const n = tape.nodes[p.node],
      v = p.grad ? n.grad : n.value;
    const text = p.grad && quiz.hides(n) ? '?' : isScalar(v) ? inEquation(v) : (p.grad ? 'd' : '') + label(n);
    line.append(element('span', {'class': p.grad ? 'grad' : 'value', 'data-node': p.node}, text));
  }
  return line;
}
/* The right-hand side, in numbers. */
function rightSide(equation) {
  const at = equation.indexOf('= ');
  return numbers(equation.slice(at + 2));
}
const strong = (kind, text) => element('strong', {class: kind}, text);

function explainForward(n) {
  const result = strong('value', isScalar(n.value) ? short(n.value) : '');
  const first = [equationElement(n.equation)];
  const second = isScalar(n.value) && n.in.length ? ['= ', rightSide(n.equation), ' = ', result] : [listed(n.value)];
  return [first, second, [n.op.brief ?? '']];
}
function explainSeed(n) {
  return [
    [equationElement(seedText(n))],
    [
      isOnes(n.grad)
        ? `${label(n)} changes exactly as fast as itself: backward begins here.`
        : 'Backward begins here, with the gradient that the program gave.',
    ],
    [],
  ];
}
function explainBackward(e) {
  const from = tape.nodes[e.from],
    to = tape.nodes[e.to],
    hidden = quiz.hides(from);
  const first = [equationElement(e.equation)],
    copies = e.equation.includes('sum_to(') ? ', summed over all copies that broadcasting made' : '';
  if (!isScalar(e.message)) return [first, ['adds ', hidden ? '?' : listed(e.message), copies], sumAtFork(from, hidden)];
  const second = ['= ', rightSide(e.equation), ' = ', strong('grad', hidden ? '?' : short(e.message)), copies];
  if (isScalar(e.local) && isScalar(to.grad))
    second.push(
      '   ',
      element(
        'span',
        {class: 'recipe'},
        'upstream ',
        strong('grad', quiz.hides(to) ? '?' : inEquation(to.grad)),
        ' × local ',
        strong('local', inEquation(e.local)),
        ' = message ',
        strong('grad', hidden ? '?' : short(e.message)),
      ),
    );
  return [first, second, sumAtFork(from, hidden)];
}
function sumAtFork(n, hidden) {
  const all = tape.contributions(n),
    g = tape.gradAt(n, now());
  const total = isScalar(n.grad) ? short(n.grad) : listed(n.grad);
  if (n.unexplained) return [`dv${n.id} is ${total}: ${data.note}.`];
  if (all.length < 2) return [];
  const places = n.places.length > 6 ? [`at ${n.places.length} places`] : n.places.map(place => `v${place.id}`),
    whose = label(n) + (n.places.length > 1 ? ` (${places.join(', ')})` : '');
  const terms = all.filter(e => e.time <= now()).sort((a, b) => a.time - b.time);
  const parts = [`${whose} is used ${all.length} times; its gradient is the sum: dv${n.id} = `];
  const few = terms.every(e => isScalar(e.message) || (e.message.d && e.message.n <= 6));
  if (!few) return [`${parts[0]}${g.done < g.of ? `${g.done} of ${g.of} parts so far` : `all ${g.of} parts`}`];
  const texts = terms.map(e => listed(e.message));
  const most = isScalar(n.grad) ? 8 : 3,
    left = texts.length - most + 1;
  if (left > 1) texts.splice(most >> 1, left, `… ${left} more …`);
  parts.push(hidden ? '?' : texts.join(' + '));
  if (g.done < g.of) parts.push(' + …');
  else parts.push(' = ', strong('grad', hidden ? '?' : total));
  return parts;
}
function explainStart() {
  const gradients = tape.hasGradients
    ? 'then backward from the result'
    : tape.nodes.some(n => n.grad !== UNKNOWN)
      ? 'and see the gradients that are known'
      : 'there are no gradients on this tape';
  return [
    ['The leaves hold their values.'],
    [`Step forward through ${tape.forwardSteps - 1} operations, ${gradients}.`],
    data.note ? [`Note: ${data.note}.`] : [],
  ];
}
const explanations = {
  start: explainStart,
  forward: s => explainForward(tape.nodes[s.node]),
  seed: s => explainSeed(tape.nodes[s.node]),
  backward: s => explainBackward(tape.edges[s.edge]),
};
function explain() {
  const s = step(),
    lines = explanations[s.kind](s);
  const phase = {start: 'Start', forward: 'Forward', seed: 'Backward', backward: 'Backward'}[s.kind];
  $('phase').textContent = phase;
  $('phase').dataset.phase = phase.toLowerCase();
  ['symbols', 'numbers', 'sum'].forEach((id, i) => $(id).replaceChildren(...lines[i]));
}

/* ---- the chosen node ---- */

function tableOf(v, shape) {
  const {rows, columns} = gridOf(shape, v.n),
    largest = largestOf(v);
  if (columns > 16 || rows > 32) return element('p', {}, summary(v));
  const body = element('tbody');
  for (let r = 0; r < rows; r++) {
    const row = element('tr');
    for (let c = 0; c < columns && r * columns + c < v.n; c++) {
      const x = v.d[r * columns + c];
      row.append(element('td', {style: `background:${heatColour(x, largest, 50)}`}, short(x, 3)));
    }
    body.append(row);
  }
  return element(
    'div',
    {'class': 'scroll', 'tabindex': 0, 'role': 'group', 'aria-label': 'elements'},
    element('table', {class: 'tensor'}, body),
  );
}
function fact(name, ...what) {
  return [element('dt', {}, name), element('dd', {}, ...what)];
}
function inspect() {
  const n = tape.nodes[quiz.selected];
  $('inspector').hidden = !n;
  if (!n) return;
  const t = now(),
    value = tape.valueAt(n, t),
    g = tape.gradAt(n, t),
    hidden = quiz.hides(n);
  const shown = v =>
    v !== UNKNOWN && !isScalar(v) && v.d
      ? [element('p', {}, summary(v)), tableOf(v, n.shape)]
      : [isScalar(v) ? exact(v) : summary(v)];
  $('chosen').textContent = `v${n.id}${n.name ? ' · ' + n.name : ''}`;
  const facts = [...fact('computes', equationElement(n.equation)), ...fact('type', n.type)];
  if (n.op) facts.push(...fact('op', `${n.op.name}${n.op.text ? ` (${n.op.text})` : ''}${n.op.varies ? '' : `: y = ${n.op.math ?? ''}`}`));
  facts.push(...fact('value', ...shown(value)));
  if (n.wanted)
    facts.push(
      ...fact(
        'gradient',
        ...(hidden ? ['?'] : g.partial && g.value === UNKNOWN ? [`${g.done} of ${g.of} parts`] : shown(g.value)),
      ),
    );
  if (n.repeat > 1) facts.push(...fact('stands for', `${n.repeat} nodes that are alike`));
  if (n.where) facts.push(...fact('recorded at', n.where));
  $('facts').replaceChildren(...facts);
}
function select(id) {
  if (id !== quiz.selected) quiz.ask(id);
  show();
}

/* ---- editing ---- */

function buildInputs() {
  const reason = tape.whyNotEditable,
    list = $('inputs');
  $('edit-note').textContent = reason
    ? `Values cannot be edited here: ${reason}.`
    : 'Change a value: everything is computed anew.';
  $('reset').hidden = !!reason;
  if (reason) return;
  for (const n of tape.leaves()) {
    const input = element('input', {
      'type': 'number',
      'step': 'any',
      'value': exact(n.value),
      'data-leaf': n.id,
      'autocomplete': 'off',
    });
    input.addEventListener('input', () => editLeaf(n, input));
    list.append(element('label', {'data-node': n.id, 'title': label(n)}, element('span', {}, label(n)), input));
  }
}
function editLeaf(n, input) {
  const ok = input.value.trim() !== '' && Number.isFinite(Number(input.value));
  input.setAttribute('aria-invalid', String(!ok));
  if (!ok) return;
  tape.edit(n, Number(input.value));
  if (quiz.on) quiz.start();
  $('edited').hidden = false;
  show();
}
function resetLeaves() {
  tape.reset();
  $('edited').hidden = true;
  for (const input of document.querySelectorAll('[data-leaf]')) {
    input.value = exact(tape.nodes[input.dataset.leaf].value);
    input.setAttribute('aria-invalid', 'false');
  }
  show();
}

/* ---- stepping ---- */

function show() {
  if (!view.steps.length) return;
  const s = step();
  drawing.update(now(), s, quiz);
  listing.update(now(), quiz);
  explain();
  inspect();
  $('scrubber').value = view.position;
  $('scrubber').setAttribute(
    'aria-valuetext',
    `step ${view.position} of ${view.steps.length - 1}, ${$('phase').textContent}`,
  );
  $('count').textContent = `${view.position} / ${view.steps.length - 1}`;
  for (const id of ['first', 'back']) $(id).disabled = view.position === 0;
  for (const id of ['next', 'last']) $(id).disabled = view.position === view.steps.length - 1;
  follow(s);
}
/* Scrolls the drawing to the step, when it is larger than its window. */
function follow(s) {
  if (s.node < 0 || !view.scrolls) return;
  for (const id of [s.node, ...(s.edge === undefined ? [] : [tape.edges[s.edge].from])]) {
    const part = drawing.parts.get(tape.nodes[id].shown);
    if (part) keepInView($('stage'), part.group, 70);
  }
  if (drawing.chip.getAttribute('visibility') === 'visible') keepInView($('stage'), drawing.chip, 4);
}
function jump(position) {
  view.position = Math.max(0, Math.min(view.steps.length - 1, position));
  show();
}
function goTo(t) {
  pause();
  const at = view.steps.indexOf(t);
  if (at >= 0) jump(at);
}
function chooseSteps(everything) {
  const t = view.steps.length ? now() : 0;
  view.everything = everything;
  view.steps = tape.steps(everything);
  $('scrubber').max = view.steps.length - 1;
  const turn = view.steps.findIndex(s => s >= tape.forwardSteps);
  document.documentElement.style.setProperty(
    '--turn',
    `${100 * Math.max(0, turn < 0 ? 1 : (turn - 0.5) / (view.steps.length - 1))}%`,
  );
  jump(
    Math.max(
      0,
      view.steps.findLastIndex(s => s <= t),
    ),
  );
}
function pause() {
  clearInterval(view.playing);
  view.playing = null;
  $('play').textContent = '▶ Play';
  $('play').setAttribute('aria-pressed', 'false');
}
function play() {
  if (view.playing) return pause();
  if (view.position === view.steps.length - 1) jump(0);
  $('play').textContent = '❚❚ Pause';
  $('play').setAttribute('aria-pressed', 'true');
  view.playing = setInterval(
    () => {
      jump(view.position + 1);
      if (view.position === view.steps.length - 1) pause();
    },
    Number($('speed').value),
  );
}

/* ---- hover: a node, a line or an edge lights up the others ---- */

function light(target) {
  const nodes = new Set(),
    edges = new Set();
  const edge = target?.closest?.('[data-edge]'),
    node = target?.closest?.('[data-node]');
  if (edge) {
    const e = tape.edges[edge.dataset.edge];
    edges.add(e.id);
    nodes.add(tape.nodes[e.from].shown).add(tape.nodes[e.to].shown);
  } else if (node) {
    const n = tape.nodes[node.dataset.node];
    nodes.add(n.shown);
    for (const e of [...n.in, ...n.out]) edges.add(e.id);
  }
  drawing.light(nodes, edges);
  for (const row of $('lines').children)
    row.classList.toggle('lit', node ? row.dataset.node === node.dataset.node : false);
  for (const line of document.querySelectorAll('.line[data-edge]'))
    line.classList.toggle('lit', edge ? line.dataset.edge === edge.dataset.edge : false);
}

/* ---- zoom and colours ---- */

function setZoom(zoom) {
  view.zoom = Math.max(0.1, Math.min(3, zoom));
  const circuit = $('circuit');
  circuit.setAttribute('width', data.width * view.zoom);
  circuit.setAttribute('height', data.height * view.zoom);
  const stage = $('stage');
  view.scrolls = stage.scrollWidth > stage.clientWidth + 1 || stage.scrollHeight > stage.clientHeight + 1;
}
/* All of it when that can be read; else a readable size to scroll in, if possible in one direction only. */
function fit(force) {
  const stage = $('stage'),
    across = (stage.clientWidth - 4) / data.width,
    down = (stage.clientHeight - 20) / data.height,
    all = Math.min(across, down),
    readable = 0.55 * Math.min(1.6, Math.max(1, stage.clientHeight / 450)); /* from afar, on a large screen */
  setZoom(force ? all : Math.min(1.6, Math.max(all, readable, Math.min(1.4 * readable, Math.max(across, down)))));
}
function nextTheme() {
  const order = ['auto', 'light', 'dark'],
    root = document.documentElement;
  root.dataset.theme = order[(order.indexOf(root.dataset.theme) + 1) % 3];
  $('theme').textContent = `Colours: ${root.dataset.theme}`;
}

/* ---- */

const keys = {
  'ArrowRight': () => jump(view.position + 1),
  'ArrowLeft': () => jump(view.position - 1),
  'Home': () => jump(0),
  'End': () => jump(view.steps.length - 1),
  ' ': play,
  'q': () => $('quiz-toggle').click(),
  '+': () => setZoom(view.zoom * 1.2),
  '-': () => setZoom(view.zoom / 1.2),
  '0': () => fit(true),
};
function onKey(event) {
  const target = event.target,
    typing = target.matches('input[type=text], input[type=number], select');
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  if (event.key === ' ' && target.matches('button, [role=button], [type=checkbox]')) return;
  event.preventDefault();
  if (event.key !== ' ') pause();
  keys[event.key]();
}

function begin() {
  const {nodes} = tape,
    drawn = nodes.filter(n => n.at).length;
  $('title').textContent = data.title || 'tapegrad';
  $('title').classList.toggle('long', $('title').textContent.length > 120);
  $('facts-line').textContent = `${nodes.length} nodes${drawn < nodes.length ? `, ${drawn} drawn` : ''}, ${data.dtype}`;
  $('everything-label').hidden = drawn === nodes.length;
  $('everything').addEventListener('change', () => chooseSteps($('everything').checked));
  const click = (id, f) => $(id).addEventListener('click', f);
  click('first', () => {
    pause();
    jump(0);
  });
  click('back', () => {
    pause();
    jump(view.position - 1);
  });
  click('next', () => {
    pause();
    jump(view.position + 1);
  });
  click('last', () => {
    pause();
    jump(view.steps.length - 1);
  });
  click('play', play);
  click('theme', nextTheme);
  click('fit', () => fit(true));
  click('larger', () => setZoom(view.zoom * 1.25));
  click('smaller', () => setZoom(view.zoom / 1.25));
  click('reset', resetLeaves);
  click('quiz-toggle', () => {
    quiz.toggle();
    $('quiz-toggle').setAttribute('aria-pressed', String(quiz.on));
    if (quiz.on) $('quiz').querySelector('input').focus();
  });
  $('scrubber').addEventListener('input', () => {
    pause();
    jump(Number($('scrubber').value));
  });
  document.addEventListener('keydown', onKey);
  for (const kind of ['pointerover', 'focusin']) document.addEventListener(kind, event => light(event.target));
  addEventListener('resize', () => fit());
  buildInputs();
  chooseSteps(false);
  fit();
  show();
  document.documentElement.dataset.ready = Math.round(performance.now());
}
begin();
