/* Room in the drawing: every text has a place of its own, which its box never leaves. */

const GATE = 52,
  ROUND = 32,
  WIRE_END = 182,
  WIRE_MIDDLE = 117,
  WIRE_ROOM = 118, /* of a wire's numbers, across */
  TAG_GAP = 10; /* between an edge's numbers and its gate */

const pen = document.createElement('canvas').getContext('2d'),
  FAMILY = getComputedStyle(document.body).fontFamily;
function widthOf(text, size, style = '650') {
  pen.font = `${style} ${size}px ${FAMILY}`;
  return 1.03 * pen.measureText(text).width;
}
/* "abc…xyz", no wider than that; of characters, not of their halves. */
function shorten(text, width, size, style) {
  const all = [...text];
  for (let kept = Math.min(all.length - 1, 60); kept > 1; kept--) {
    const tail = kept >> 1,
      tried = `${all.slice(0, kept - tail).join('')}…${all.slice(-tail).join('')}`;
    if (widthOf(tried, size, style) <= width) return tried;
  }
  return '…';
}
/* The first of the texts that fits, and the size at which it does: {text, size}. Where none does, the last one
   without its middle. */
function fitText(texts, width, size, least, style) {
  for (const text of texts) {
    const fitting = Math.min(size, (size * width) / widthOf(text, size, style));
    if (!text || fitting >= least) return {text, size: Math.floor(4 * fitting) / 4};
  }
  return {text: shorten(texts.at(-1), width, least, style), size: least};
}
function setFitted(element, texts, width, size, least, style) {
  const fitted = fitText(texts, width, size, least, style);
  element.textContent = fitted.text;
  element.style.fontSize = `${fitted.size}px`;
  return fitted;
}

/* Long names break behind a point: "hidden1." over "weight". */
function linesOf(words) {
  const [, head, tail] = (words.length > 9 && words.match(/^(.{1,14}[._\/])([^._\/].*)$/s)) || [];
  return head ? [head, tail] : [words];
}

/* The place nearest to the wished ones where a box covers none of `taken`; null when there is none around. */
function freePlace(wished, width, height, taken, limits) {
  const free = ([x, y]) =>
    x >= width / 2 &&
    y >= height / 2 &&
    x <= limits.width - width / 2 &&
    y <= limits.height - height / 2 &&
    !taken.some(
      ([left, top, right, bottom]) =>
        left < x + width / 2 && right > x - width / 2 && top < y + height / 2 && bottom > y - height / 2,
    );
  const [[x0, y0]] = wished,
    around = [];
  for (let dx = -320; dx <= 320; dx += 20)
    for (let dy = -200; dy <= 200; dy += 10) around.push([x0 + dx, y0 + dy, Math.hypot(dx, 2 * dy)]);
  around.sort((a, b) => a[2] - b[2]);
  return [...wished, ...around].find(free) ?? null;
}
