/* Where the words and numbers of the circuit stand, and which of them are in each other's way. */

/* In the page: every text by what it says and the box that its ink may fill (no box is as high as a line), every
   gate, every tensor's cells; in the units of the drawing. Returns complaints. */
function measure() {
  const SLACK = 0.5;
  const shown = e => getComputedStyle(e).visibility !== 'hidden';
  const lineBox = e => {
    const size = parseFloat(getComputedStyle(e).fontSize),
      {x, y} = e.getStartPositionOfChar(0);
    return [x, y - 0.74 * size, x + e.getComputedTextLength(), y + 0.21 * size];
  };
  const boxOf = e => {
    const {x, y, width, height} = e.getBBox();
    return [x, y, x + width, y + height];
  };
  const circuit = document.getElementById('circuit'),
    {width, height} = circuit.viewBox.baseVal;
  const nodeOf = e => e.closest('[data-node]')?.dataset.node ?? '';
  const lines = [...circuit.querySelectorAll('text')].flatMap(text => {
    const rows = [...text.querySelectorAll('tspan[y]')];
    return rows.length ? rows : [text];
  });
  const texts = lines
    .filter(e => e.textContent && shown(e) && e.getNumberOfChars())
    .map(e => {
      const text = e.closest('text');
      return {
        what: `"${e.textContent}" (${(e.getAttribute('class') || text.getAttribute('class') || 'chip').split(' ')[0]} ${nodeOf(e)})`,
        box: lineBox(e),
        size: parseFloat(getComputedStyle(e).fontSize),
        text,
        inGate: text.classList.contains('op') && nodeOf(e),
        chip: !!e.closest('.chip'),
      };
    });
  const things = [
    ...[...circuit.querySelectorAll('.gate')].map(e => ({what: `gate ${nodeOf(e)}`, box: boxOf(e), gate: nodeOf(e)})),
    ...[...circuit.querySelectorAll('.heat')]
      .filter(e => e.children.length)
      .map(e => ({what: `cells ${nodeOf(e)}`, box: boxOf(e)})),
    ...[...circuit.querySelectorAll('.chip rect')].filter(shown).map(e => ({what: 'chip', box: boxOf(e), chip: true})),
  ];
  const meet = ({box: [a, b, c, d]}, {box: [e, f, g, h]}) =>
    Math.min(c, g) - Math.max(a, e) > SLACK && Math.min(d, h) - Math.max(b, f) > SLACK;
  const within = ([a, b, c, d], [e, f, g, h]) =>
    a >= e - SLACK && b >= f - SLACK && c <= g + SLACK && d <= h + SLACK;
  const complaints = [];
  texts.forEach((a, i) => {
    for (const b of texts.slice(i + 1)) if (meet(a, b)) complaints.push(`${a.what} covers ${b.what}`);
    for (const b of things) {
      if (b.chip && a.chip) {
        if (!within(a.box, b.box)) complaints.push(`${a.what} juts out of its chip`);
      } else if (a.inGate && b.gate === a.inGate) {
        if (!within(a.box, b.box)) complaints.push(`${a.what} juts out of its gate`);
      } else if (meet(a, b)) {
        complaints.push(`${a.what} covers ${b.what}`);
      }
    }
    if (!within(a.box, [0, 0, width, height])) complaints.push(`${a.what} juts out of the drawing`);
    if (a.size < 11) complaints.push(`${a.what} is too small to read: ${a.size}`);
  });
  return complaints;
}

/* Complaints about a page at `count` steps from the first to the last. */
export async function complaintsOf(page, count = 12) {
  const last = Number(await page.locator('#scrubber').getAttribute('max')),
    found = new Set();
  for (let i = 0; i <= count; i++) {
    const step = Math.round((last * i) / count);
    await page.evaluate(step => {
      const scrubber = document.getElementById('scrubber');
      scrubber.value = step;
      scrubber.dispatchEvent(new Event('input'));
    }, step);
    for (const complaint of await page.evaluate(measure)) found.add(complaint);
  }
  return [...found];
}
