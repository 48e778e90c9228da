/* The formulas of the op descriptors, read and computed. One notation: + - * / ^ @ (a product of scalars here),
   ^T, comparisons (1 or 0, also a chain: min <= x <= max), |x|, functions, and ", name = ..." definitions
   behind. Only ever used on graphs of scalars, on which sums and means change nothing. */

const FUNCTIONS = {
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  erf,
  log1p: Math.log1p,
  expm1: Math.expm1,
  max: (...x) => (x.some(Number.isNaN) ? NaN : Math.max(...x)),
  min: (...x) => (x.some(Number.isNaN) ? NaN : Math.min(...x)),
  sigmoid: x => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  log1pexp: x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Phi: x => (1 + erf(x / Math.SQRT2)) / 2,
  phi: x => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI),
  where: (c, a, b) => (c ? a : b),
  sum: x => x,
  mean: x => x,
  sum_to: x => x,
  count: x => x,
  logsumexp: x => x,
  softmax: () => 1,
  concat: x => x,
};

/* Abramowitz and Stegun 7.1.6: all terms have one sign, so that nothing cancels. */
function erf(x) {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x,
    sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

class FormulaError extends Error {}

function words(text) {
  const found = [];
  const pattern = /\s*(?:(\d+\.?\d*(?:e[-+]?\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|[-+*\/^@(),|<>=]))/gy;
  while (pattern.lastIndex < text.trimEnd().length) {
    const at = pattern.lastIndex,
      m = pattern.exec(text);
    if (!m) throw new FormulaError(`“${text.slice(at).trim()}” is no arithmetic`);
    found.push(m[1] ? {number: Number(m[1])} : m[2] ? {name: m[2]} : {sign: m[3]});
  }
  return found;
}

/* A tree: {op, of: [...]}, {number}, {name}. */
class Parser {
  constructor(text) {
    this.words = words(text);
    this.at = 0;
  }
  is(sign) {
    return this.at < this.words.length && this.words[this.at].sign === sign;
  }
  take(sign) {
    return this.is(sign) && ++this.at > 0;
  }
  need(sign) {
    if (!this.take(sign)) throw new FormulaError(`“${sign}” is missing`);
  }
  all() {
    const body = this.comparison(),
      definitions = {};
    while (this.take(',')) {
      const name = this.words[this.at++]?.name;
      if (this.take('(')) while (!this.take(')')) if (this.at++ >= this.words.length) break;
      this.need('=');
      definitions[name] = this.comparison();
    }
    if (this.at < this.words.length) throw new FormulaError('words where arithmetic was expected');
    return {body, definitions};
  }
  comparison() {
    const terms = [this.sum()],
      signs = [];
    while (['<', '<=', '>', '>=', '=='].some(s => this.is(s))) {
      signs.push(this.words[this.at++].sign);
      terms.push(this.sum());
    }
    return signs.length ? {op: 'compare', signs, of: terms} : terms[0];
  }
  sum() {
    let left = this.product();
    for (;;) {
      if (this.take('+')) left = {op: '+', of: [left, this.product()]};
      else if (this.take('-')) left = {op: '-', of: [left, this.product()]};
      else return left;
    }
  }
  product() {
    let left = this.signed();
    for (;;) {
      if (this.take('*') || this.take('@')) left = {op: '*', of: [left, this.signed()]};
      else if (this.take('/')) left = {op: '/', of: [left, this.signed()]};
      else return left;
    }
  }
  signed() {
    return this.take('-') ? {op: 'negative', of: [this.signed()]} : this.power();
  }
  power() {
    const base = this.atom();
    if (!this.take('^')) return base;
    if (this.words[this.at]?.name === 'T') return (this.at++, base);
    return {op: '^', of: [base, this.signed()]};
  }
  atom() {
    const word = this.words[this.at++] ?? {};
    if (word.number !== undefined) return word;
    if (word.name) return this.is('(') ? this.call(word.name) : word;
    if (word.sign === '(') {
      const inner = this.comparison();
      this.need(')');
      return inner;
    }
    if (word.sign === '|') {
      const inner = this.comparison();
      this.need('|');
      return {call: 'abs', of: [inner]};
    }
    throw new FormulaError('words where arithmetic was expected');
  }
  call(name) {
    if (!FUNCTIONS[name]) throw new FormulaError(`the function “${name}” is not known to the page`);
    const of = [];
    this.need('(');
    do of.push(this.comparison());
    while (!['sum', 'sum_to'].includes(name) && this.take(','));
    if (['sum', 'sum_to'].includes(name))
      while (this.at < this.words.length && !this.is(')')) this.at++; /* over which axes: words */
    this.need(')');
    return {call: name, of};
  }
}

const isOne = t => t.number === 1;
const isCall = (t, name) => t.call === name;

/* Forms that lose digits or overflow become those that do not. */
function stable(t) {
  if (!t.of) return t;
  const of = t.of.map(stable),
    [a, b] = of;
  if (isCall(t, 'log') && a.op === '+' && isOne(a.of[0]))
    return isCall(a.of[1], 'exp') ? {call: 'log1pexp', of: a.of[1].of} : {call: 'log1p', of: [a.of[1]]};
  if (isCall(t, 'log') && ['exp', 'sum'].includes(a.call)) {
    const inner = isCall(a, 'sum') ? a.of[0] : a;
    if (isCall(inner, 'exp')) return inner.of[0];
  }
  if (t.op === '-' && isCall(a, 'exp') && isOne(b)) return {call: 'expm1', of: a.of};
  if (
    t.op === '/' &&
    isOne(a) &&
    b.op === '+' &&
    isOne(b.of[0]) &&
    isCall(b.of[1], 'exp') &&
    b.of[1].of[0].op === 'negative'
  )
    return {call: 'sigmoid', of: b.of[1].of[0].of};
  return {...t, of};
}

const COMPARE = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
};
/* 0 times log(0), or times 0^-1, is 0, as the ops have it at the edge of their domain. */
const times = (a, b) => ((a === 0 && Math.abs(b) === Infinity) || (b === 0 && Math.abs(a) === Infinity) ? 0 : a * b);
const ARITHMETIC = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': times,
  '/': (a, b) => a / b,
  'negative': a => -a,
  '^': (a, b) => Math.pow(a, b),
};

function toFunction(t, definitions) {
  if (t.number !== undefined) return () => t.number;
  if (t.name) {
    const defined = definitions[t.name] && toFunction(definitions[t.name], definitions);
    return env => {
      if (t.name in env) return env[t.name];
      if (defined) return defined(env);
      if (t.name === 'pi') return Math.PI;
      throw new FormulaError(`“${t.name}” is not known to the page`);
    };
  }
  const of = t.of.map(part => toFunction(part, definitions));
  if (t.op === 'compare')
    return env => {
      const x = of.map(f => f(env));
      return t.signs.every((sign, i) => COMPARE[sign](x[i], x[i + 1])) ? 1 : 0;
    };
  const f = t.call ? FUNCTIONS[t.call] : ARITHMETIC[t.op];
  return env => f(...of.map(g => g(env)));
}

/* "y * (1 - y)" -> a function of {x, y, dy, n, options}. Throws a FormulaError that says what is in the way. */
function compileFormula(text) {
  if (!text) throw new FormulaError('its formula is not written down');
  const {body, definitions} = new Parser(text).all();
  for (const name of Object.keys(definitions)) definitions[name] = stable(definitions[name]);
  return toFunction(stable(body), definitions);
}
