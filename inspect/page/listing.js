/* The listing (Wengert list) in two columns: forward from top to bottom, backward from bottom to top. */

class Listing {
  constructor(tape, body, goTo) {
    this.tape = tape;
    this.lines = new Map(); /* by step */
    this.cells = [];
    this.current = null;
    const rows = [];
    for (let id = 0; id < tape.nodes.length;) {
      const n = tape.nodes[id];
      if (n.at) {
        rows.push(this.row(n, goTo));
        id++;
        continue;
      }
      let end = id;
      while (end < tape.nodes.length && !tape.nodes[end].at && tape.nodes[end].shown < 0 === n.shown < 0) end++;
      rows.push(this.gap(id, end - 1, n.shown));
      id = end;
    }
    body.append(...rows);
    body.addEventListener('keydown', event => this.move(event));
  }

  line(step, content, goTo) {
    const button = element('button', {'type': 'button', 'class': 'line', 'tabindex': -1, 'data-step': step}, content);
    button.addEventListener('click', () => goTo(step));
    this.lines.set(step, button);
    return button;
  }

  row(n, goTo) {
    const forward = this.line(n.op ? n.born : 0, equationElement(n.equation), goTo);
    forward.dataset.node = n.id;
    if (!n.op) this.lines.delete(0);
    const value = element('td', {class: 'number value'}),
      grad = element('td', {class: 'number grad'});
    const backward = element('td', {class: 'backward'});
    if (n.seed) backward.append(this.line(n.seeded, element('span', {class: 'equation'}, seedText(n)), goTo));
    for (const e of n.in) {
      if (e.time === Infinity) continue;
      const line = this.line(e.time, equationElement(e.equation), goTo);
      line.dataset.edge = e.id;
      backward.append(line);
    }
    const row = element('tr', {'data-node': n.id}, element('td', {class: 'forward'}, forward), backward, value, grad);
    this.cells.push({n, forward, value, grad});
    return row;
  }

  gap(first, last, shown) {
    const what = shown < 0 ? 'hidden' : `the same again as from v${shown} on`;
    const cell = element('td', {colspan: 4, class: 'gap'}, `v${first}${last > first ? ` … v${last}` : ''}: ${what}`);
    return element('tr', {'data-first': first, 'data-last': last}, cell);
  }

  move(event) {
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (!step) return;
    const all = [...this.lines.values()].filter(b => b.isConnected);
    const next = all[all.indexOf(document.activeElement) + step];
    if (next) next.focus();
    event.preventDefault();
  }

  update(t, quiz) {
    for (const {n, forward, value, grad} of this.cells) {
      const v = this.tape.valueAt(n, t),
        g = this.tape.gradAt(n, t);
      forward.classList.toggle('later', v === UNKNOWN);
      value.textContent = inCell(brief(v));
      grad.textContent = !n.wanted
        ? ''
        : g.value === UNKNOWN
          ? '–'
          : quiz.hides(n)
            ? '?'
            : inCell(brief(g.value)) + (g.partial ? ' +…' : '');
    }
    for (const [step, line] of this.lines) if (step >= this.tape.forwardSteps) line.classList.toggle('later', t < step);
    this.mark(this.lines.get(t) ?? null);
  }
  mark(line) {
    if (this.current) {
      this.current.removeAttribute('aria-current');
      this.current.tabIndex = -1;
    }
    this.current = line;
    if (!line) return;
    line.setAttribute('aria-current', 'step');
    line.tabIndex = 0;
    keepInView(line.closest('.scroll'), line);
  }
}

/* A range breaks behind its dots. */
const inCell = text => text.replace(' …', '\u00a0…');

/* Scrolls as little as is needed. */
function keepInView(box, item, margin = 40) {
  const a = box.getBoundingClientRect(),
    b = item.getBoundingClientRect();
  const by = (from, to, start, end) =>
    from < start + margin ? from - start - margin : to > end - margin ? to - end + margin : 0;
  const top = by(b.top, b.bottom, a.top, a.bottom),
    left = by(b.left, b.right, a.left, a.right);
  if (top || left) box.scrollBy({top, left: box.classList.contains('down') ? 0 : left, behavior: 'instant'});
}
