// Returns texts whose contrast with what is behind them is below 4.5 (WCAG 2.1, level AA).
const number = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
  .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const mix = (over, under) => over.slice(0, 3).map((v, i) => v * (over[3] ?? 1) + under[i] * (1 - (over[3] ?? 1)));
const ground = (e) => {
  const colour = number(getComputedStyle(e).backgroundColor);
  if (colour.length >= 3 && (colour[3] ?? 1) === 1) return colour;
  const under = e.parentElement ? ground(e.parentElement) : [255, 255, 255];
  return colour.length >= 3 ? mix(colour, under) : under;
};
const faint = (e) => (e.parentElement ? faint(e.parentElement) : 1) * Number(getComputedStyle(e).opacity);
const found = [];
for (const e of document.querySelectorAll('.econsim *')) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || e.disabled || e.closest(':disabled, svg, .off') || !e.getClientRects().length) continue;
  const under = ground(e), ink = mix([...number(getComputedStyle(e).color).slice(0, 3), faint(e)], under);
  const [a, b] = [light(ink), light(under)].sort((x, y) => y - x), contrast = (a + 0.05) / (b + 0.05);
  if (contrast < 4.5) found.push([e.className, e.textContent.trim().slice(0, 30), contrast.toFixed(2)]);
}
return found;
