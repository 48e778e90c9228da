/* The quiz: gradients stay hidden until they are asked for, or answered. */

/* A number as one types it; undefined for what is none. */
function readNumber(text) {
  const word = text
    .trim()
    .toLowerCase()
    .replace('−', '-')
    .replace(/^(-?)(inf|∞)$/, '$1Infinity');
  const x = Number(word);
  return word === 'nan' ? NaN : word === '' || Number.isNaN(x) ? undefined : x;
}
const isNear = (x, wanted) =>
  Object.is(x, wanted) || x === wanted || Math.abs(x - wanted) <= Math.max(0.01 * Math.abs(wanted), 5e-4);

class Quiz {
  constructor(tape, panel, changed) {
    this.tape = tape;
    this.panel = panel;
    this.changed = changed;
    this.on = false;
    this.selected = null;
    this.answers = new Map(); /* node id -> 'right' | 'wrong' | 'shown' */
    const find = name => panel.querySelector(`[data-quiz=${name}]`);
    [this.question, this.input, this.feedback, this.score] = ['question', 'input', 'feedback', 'score'].map(find);
    find('form').addEventListener('submit', event => {
      event.preventDefault();
      this.check();
    });
    find('reveal').addEventListener('click', () => this.reveal());
    find('again').addEventListener('click', () => this.start());
  }

  hides(n) {
    return this.on && this.asks(n.places[0]) && !this.opened(n.same);
  }
  /* What follows from the gradients before it. */
  asks(n) {
    return n.grad !== UNKNOWN && !n.seed && !n.unexplained && n.same === n.id;
  }
  /* What is to be typed: one number, or a few; undefined for tensors that are too large for that. */
  wanted(n) {
    return isScalar(n.grad) ? [n.grad] : n.grad?.n <= 4 ? n.grad.d : undefined;
  }
  opened(id) {
    return ['right', 'shown'].includes(this.answers.get(id));
  }
  questions() {
    return this.tape.nodes.filter(n => n.at && this.asks(n));
  }

  start() {
    this.answers.clear();
    this.feedback.textContent = '';
    this.ask(this.questions().at(-1)?.id ?? null);
  }
  toggle() {
    this.on = !this.on;
    this.panel.hidden = !this.on;
    if (this.on) this.start();
    this.changed();
  }
  ask(id) {
    if (!this.on) {
      this.selected = id;
      return;
    }
    this.selected = id;
    const n = this.node();
    this.input.value = '';
    this.showScore();
    if (!n) return;
    const seed = this.tape.nodes.find(m => m.seed);
    this.question.textContent =
      n.grad === UNKNOWN
        ? `No gradient arrives at ${label(n)}.`
        : `How fast does ${seed ? label(seed) : 'the result'} change with ${label(n)}? dv${n.id}${this.howMany(n)} =`;
    this.input.disabled = !this.wanted(n) || !this.asks(n) || this.opened(n.id);
    this.changed();
  }
  /* The chosen one; a parameter's gradient is asked for at its first place. */
  node() {
    return this.tape.nodes[this.selected]?.places[0];
  }
  howMany(n) {
    const numbers = this.wanted(n);
    return !numbers ? ` (${n.grad.n} numbers, only to be revealed)` : numbers.length > 1 ? ` (${numbers.length} numbers)` : '';
  }
  check() {
    const n = this.node(),
      text = this.input.value.trim();
    if (!n || this.input.disabled || !text) return;
    const wanted = this.wanted(n),
      answer = (isScalar(n.grad) ? [text.replace(',', '.')] : text.match(/[^,;\s[\]]+/g) ?? ['']).map(readNumber);
    if (answer.includes(undefined) || answer.length !== wanted.length) {
      this.feedback.textContent = `${wanted.length === 1 ? 'A number is' : `${wanted.length} numbers are`} asked for.`;
      return;
    }
    const right = wanted.every((x, i) => isNear(answer[i], x));
    if (right && !this.answers.has(n.id)) this.answers.set(n.id, 'right');
    else if (right) this.answers.set(n.id, 'shown');
    else if (!this.answers.has(n.id)) this.answers.set(n.id, 'wrong');
    this.feedback.textContent = right
      ? `Right: dv${n.id} = ${isScalar(n.grad) ? short(n.grad, 6) : listed(n.grad)}.`
      : `Not ${answer.map(x => short(x)).join(', ')}. Hint: add up, over every use of ${label(n)}, upstream times local derivative.`;
    if (right) this.next();
    this.showScore();
    this.changed();
  }
  reveal() {
    const n = this.node();
    if (!n || !this.asks(n)) return;
    if (!this.opened(n.id)) this.answers.set(n.id, 'shown');
    this.feedback.textContent = `dv${n.id} = ${isScalar(n.grad) ? short(n.grad, 6) : summary(n.grad)}.`;
    this.next();
    this.showScore();
    this.changed();
  }
  next() {
    const left = this.questions()
      .filter(n => !this.opened(n.id))
      .at(-1);
    if (left) this.ask(left.id);
    else this.input.disabled = true;
  }
  showScore() {
    const right = [...this.answers.values()].filter(a => a === 'right').length;
    this.score.textContent = `${right} of ${this.questions().length} right at the first try`;
  }
}
