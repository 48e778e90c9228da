/* Numbers and names as they are shown. */

function short(x, digits = 4) {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x < 0 ? '−∞' : '∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  const text =
    size >= (digits > 2 ? 1e6 : 1e4) || size < 1e-4
      ? x.toExponential(Math.min(digits - 1, Math.max(1, digits - 2)))
      : String(Number(x.toPrecision(digits)));
  return text.replace('e+', 'e').replaceAll('-', '−');
}
/* In an equation a negative number stands in parentheses. What is computed with has more digits than the result:
   who calculates along comes to what is shown. */
function inEquation(x) {
  const text = short(x, 6);
  return x < 0 ? `(${text})` : text;
}
/* Whether backward began with ones, as it does unless the program gives something else. */
const isOnes = v => (isScalar(v) ? v === 1 : !v.n || (v.s[0] === 1 && v.s[2] === 1 && !v.bad));
const seedText = n => `dv${n.id} = ${isOnes(n.grad) ? '1' : isScalar(n.grad) ? short(n.grad, 6) : 'given'}`;
/* What of a tensor is not finite: "1 NaN, 2 ∞"; '' when all of it is. */
const notFinite = v =>
  (v.bad ?? []).flatMap((count, i) => (count ? [`${count} ${['NaN', '∞', '−∞'][i]}`] : [])).join(', ');
/* A value in a few characters, from the most telling to the shortest: a number; the elements of a tensor, what
   they lie between and what is not finite. */
function briefs(v) {
  if (v === UNKNOWN) return ['–'];
  if (isScalar(v)) return [short(v), short(v, 2)];
  if (!v.n) return ['empty'];
  const bad = notFinite(v),
    [low, , high] = v.s,
    range = (digits, between) =>
      Number.isNaN(low)
        ? []
        : [low === high ? short(low, digits) : short(low, digits) + between + short(high, digits)];
  const ranges = [[2, ' … '], [2, '…'], [1, '…']].map(how => [...range(...how), ...(bad ? [bad] : [])].join(', '));
  return [...(v.d && v.n <= 4 ? [`[${v.d.map(x => short(x, 2)).join(', ')}]`] : []), ...ranges, ...(bad ? [bad] : [])];
}
const brief = v => briefs(v)[0];
/* The same with the mean. */
function summary(v) {
  if (v === UNKNOWN || isScalar(v) || !v.n) return brief(v);
  const [low, mean, high] = v.s.map(x => short(x)),
    finite = Number.isNaN(v.s[0]) ? [] : [`min ${low}, mean ${mean}, max ${high}`];
  return `${v.n} elements: ${[...finite, ...(notFinite(v) ? [notFinite(v)] : [])].join(', ')}`;
}
/* Few elements one by one. */
const listed = v =>
  isScalar(v) ? inEquation(v) : v.d && v.n <= 6 ? `[${v.d.map(x => short(x)).join(', ')}]` : summary(v);
const exact = String;

/* "+" of "a + b": what remains of the infix form without its arguments; else the op's name. */
function gateLabel(node) {
  const infix = node.op.infix ?? '';
  const sign = infix.replace(/[a-z ]/g, '');
  if (sign.length === 1 && /[-+*/^@]/.test(sign)) return {'*': '×', '-': '−', '/': '÷'}[sign] ?? sign;
  return node.op.name;
}
const label = node => node.name || `v${node.id}`;
const plain = text => text.replaceAll(' * ', ' · ').replace(/-(?![A-Za-z])|(?<![A-Za-z])-/g, '−');

/* The pieces of an equation: {text} or {text, node, grad} for v4 and dv4. */
function pieces(equation) {
  const found = [];
  let at = 0;
  for (const m of equation.matchAll(/\b(d?)v(\d+)\b/g)) {
    if (m.index > at) found.push({text: plain(equation.slice(at, m.index))});
    found.push({text: m[0], node: Number(m[2]), grad: m[1] === 'd'});
    at = m.index + m[0].length;
  }
  if (at < equation.length) found.push({text: plain(equation.slice(at))});
  return found;
}

function element(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}
function svg(name, attributes = {}, ...children) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}
/* An equation whose v4 and dv4 light up their node. */
function equationElement(equation) {
  const span = element('span', {class: 'equation'});
  for (const p of pieces(equation)) {
    const piece = element(
      'span',
      p.node === undefined ? {} : {'class': p.grad ? 'ref grad' : 'ref value', 'data-node': p.node},
    );
    piece.textContent = p.text;
    span.append(piece);
  }
  return span;
}

/* From blue by white to orange, the same distance from 0 on both sides; in the dark, by black. Behind text at half
   strength, so that it can be read. */
function heatColour(x, largest, strength = 100) {
  if (!Number.isFinite(x)) return 'var(--bad)';
  const share = Math.round(strength * Math.min(1, Math.abs(x) / (largest || 1)));
  return `color-mix(in oklab, var(${x < 0 ? '--cold' : '--hot'}) ${share}%, var(--paper))`;
}
/* Rows and columns of a tensor: its last axis runs to the right. */
function gridOf(shape, count) {
  const columns = shape.length ? shape[shape.length - 1] || 1 : 1;
  return {columns, rows: Math.ceil(count / columns)};
}
const largestOf = v => Math.max(...v.d.filter(Number.isFinite).map(Math.abs), 0);
