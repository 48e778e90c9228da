/* No text of the circuit covers another one, a gate or a tensor's cells, or juts out of its box: at steps from the
   first to the last, for graphs that are dense, deep, folded, with long names, with huge and tiny numbers. */
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {complaintsOf} from './labels.mjs';
import * as t from './support.mjs';

before(t.begin);
after(t.end);

const deep = '6' + '-7'.repeat(11) + '-3';
const attention =
  'q = X@Wq; k = X@Wk; v = X@Wv; a = softmax(scale(q@transpose(k), factor=0.707), axis=1); ' +
  'h = a@v + X; mean((tanh(h@W1)@W2 + h)^2)';
const residual =
  'h1 = relu(x@w1 + b1) + x; h2 = relu(h1@w2 + b2) + h1; h3 = relu(h2@w3 + b3) + h2; ' +
  'concat_of = sum(h3*h1) + sum(h2)*sum(x) + max(h3) - min(h1) + logsumexp(h2); concat_of^2/1e6';
const long = 'a_name_that_nobody_should_give_to_a_value';
const graphs = {
  'an MLP': () => t.makePage('graph', '--model', '784-64-10'),
  'a small MLP': () => t.makePage('graph', '--model', '2-3-2'),
  'a network with dropout': () =>
    t.makePage('graph', '--model', '3x32x32: flatten, linear 64, relu, dropout 0.8, linear 64, relu, linear 10'),
  'a deep MLP, folded': () => t.makePage('graph', '--model', deep, '--fold', 'always'),
  'a deep MLP, unfolded': () => t.makePage('graph', '--model', deep, '--fold', 'never', '--limit', '0'),
  'attention with huge and tiny numbers': () =>
    t.expressionPage(attention, {
      X: [[1.25, -312.5], [0.5, 1000.125], [-0.001, 3]],
      Wq: [[1, 2], [3, 4]],
      Wk: [[-1, 0.2], [0.3, 1e-7]],
      Wv: [[1, 2], [-3000.25, 4]],
      W1: [[1, 2], [3, 4]],
      W2: [[1, 2], [3, -4e7]],
    }),
  'attention': () =>
    t.expressionPage(attention, {
      X: [[1.25, -0.5, 0.1], [0.5, 1.125, 0.7], [-0.001, 3, -1]],
      ...Object.fromEntries(['Wq', 'Wk', 'Wv', 'W1', 'W2'].map((name, i) => [name, matrix(3, i)])),
    }),
  'residual blocks': () =>
    t.expressionPage(residual, {
      x: matrix(4, 7),
      ...Object.fromEntries([1, 2, 3].flatMap(i => [[`w${i}`, matrix(4, i)], [`b${i}`, [0.1, -200.25, 0, i]]])),
    }),
  'scalars, many times used': () =>
    t.expressionPage(
      'c = a + b; d = a*b + b^3; c1 = c + c + 1; c2 = c1 + 1 + c1 - a; d1 = d + d*2 + relu(b + a); ' +
        'd2 = d1 + 3*d1 + relu(b - a); e = c2 - d2; f = e^2; g = f/2; g + 10/f',
      {a: -4.0123e-7, b: 2.3456e5},
    ),
  'a step of a large sum': () =>
    t.expressionPage('((x*y - y/x)*(x + y) + x*x*y)*(x - y*sin(x)) + exp(x)*tanh(y)*x', {x: -1.23456, y: 0.0123456}),
  'a gate of six arguments': () =>
    t.expressionPage('sum(concat(x, y, x, exp(x), y, x)*1.25)', {x: [2.34567], y: [-0.0123456]}),
  'a gate of twenty arguments': () =>
    t.expressionPage(`sum(concat(${Array(20).fill('x').join()}, axis=0)*1.25)`, {x: [2.34567]}),
  'long names, NaN and infinities': () =>
    t.expressionPage(`${long} = x*${long}_2; z = sqrt(${long}) + x; sum(sqrt(w)*w)*z + sum(log(u)*u/u)`, {
      x: 1234.5678e-9,
      [`${long}_2`]: -2345678.125,
      w: [0, -1, 4],
      u: [0, -1, 4, 3, 1e30, -1e30],
    }),
};

function matrix(n, seed) {
  return Array.from({length: n}, (_, i) =>
    Array.from({length: n}, (_, j) => Number((Math.sin(1 + 7 * seed + 3 * i + j * j) * 10 ** ((i + j + seed) % 3)).toFixed(4))),
  );
}

for (const [what, make] of Object.entries(graphs)) {
  test(`labels keep out of each other's way: ${what}`, async () => {
    const page = await t.open(make());
    assert.deepEqual(await complaintsOf(page), []);
    const hidden = await page.evaluate(() => {
      const listing = document.querySelector('.listing .scroll');
      return listing.scrollWidth - listing.clientWidth;
    });
    assert.ok(hidden <= 0, `${hidden} pixels of the listing are cut off`);
    await t.close(page);
  });
}

test('what is not finite is said on the wire and in the listing', () =>
  t.withFormula('sum(sqrt(w)*w) + sum(log(u))', {w: [0, -1, 4], u: [0, -1, 4, 3, 1, 1]}, async page => {
    await page.keyboard.press('End');
    const value = id => page.locator(`.node[data-node="${id}"] text.value`).textContent();
    const names = await page.locator('#lines tr').allTextContents();
    const row = names.findIndex(line => line.includes('sqrt(')),
      log = names.findIndex(line => line.includes('log('));
    assert.equal(await value(row), '[0, NaN, 2]');
    assert.match(names[row], /\[0, NaN, 2\]/);
    assert.match(names[log], /0\s… 1\.4, 1 NaN, 1 −∞/);
    assert.match(await value(log), /1 NaN, 1 −∞/);
  }));
