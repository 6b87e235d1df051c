// A line chart in SVG: the last minutes, a point a second. Colours come from the style sheet, by class.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 176;
const LEFT = 44;
const BOTTOM = 20;
const TOP = 8;

function shape(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// The next of 1, 2, 5, 10, 20, 50 ... that is no less.
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

export function short(value) {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  if (value >= 1e4) return `${+(value / 1e3).toFixed(1)}k`;
  return String(value >= 100 ? Math.round(value) : +value.toFixed(1));
}

export class Chart {
  // series: [{key, label, look}], where look is a class with a colour
  constructor(figure, series, length) {
    this.series = series;
    this.length = length;
    this.samples = [];
    this.svg = shape("svg", { role: "img" });
    this.caption = document.createElement("figcaption");
    this.values = series.map(({ label, look }) => {
      const item = document.createElement("span");
      const line = document.createElement("i");
      const value = document.createElement("b");
      line.className = look;
      item.append(line, label, value);
      this.caption.append(item);
      return value;
    });
    figure.append(this.svg, this.caption);
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  add(samples) {
    this.samples = this.samples.concat(samples).slice(-this.length);
    this.draw();
  }

  draw() {
    const width = this.svg.clientWidth || 600;
    const highest = Math.max(1, ...this.samples.flatMap((sample) => this.series.map(({ key }) => sample[key])));
    const step = nice(highest / 4);
    const top = Math.ceil(highest / step) * step;
    const x = (place) => LEFT + ((width - LEFT - 6) * place) / (this.length - 1);
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
    const nodes = [];
    for (let value = 0; value <= top + step / 2; value += step) {
      nodes.push(shape("line", { class: "grid", x1: LEFT, x2: width - 6, y1: y(value), y2: y(value) }));
      nodes.push(shape("text", { x: LEFT - 7, y: y(value) + 4, "text-anchor": "end" }, short(value)));
    }
    for (let ago = 0; ago < this.length; ago += 60) {
      const anchor = ago ? "middle" : "end";
      const told = ago ? `−${ago / 60} min` : "now";
      nodes.push(shape("text", { x: x(this.length - 1 - ago), y: HEIGHT - 4, "text-anchor": anchor }, told));
    }
    const first = this.length - this.samples.length;
    for (const { key, look } of this.series) {
      const points = this.samples.map((sample, place) => `${x(first + place).toFixed(1)},${y(sample[key]).toFixed(1)}`);
      nodes.push(shape("polyline", { class: look, points: points.join(" ") }));
    }
    const latest = this.samples.at(-1);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    const told = this.series.map(({ key, label }, place) => {
      this.values[place].textContent = latest ? short(latest[key]) : "0";
      return `${label} ${this.values[place].textContent}`;
    });
    this.svg.setAttribute("aria-label", `Line chart of the last ${this.length / 60} minutes. Now: ${told.join(", ")}`);
    this.svg.replaceChildren(...nodes);
  }
}
