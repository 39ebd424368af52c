// The live page: takes a snapshot of all figures from /events each second and shows it. Text from
// the snapshot only ever becomes a text node.
'use strict';

const kStaleAfterMs = 5000;
const kRetryAfterMs = 2000;
const kSvg = 'http://www.w3.org/2000/svg';

// --- Numbers for a person ----------------------------------------------------------

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function count(number) {
  return whole.format(number);
}

function short(number) {
  for (const [unit, size] of [['bn', 1e9], ['M', 1e6]]) {
    if (number >= size) {
      return `${(number / size).toPrecision(3)}\u00A0${unit}`;
    }
  }
  return count(number);
}

function bytes(number) {
  for (const [unit, size] of [['TB', 1e12], ['GB', 1e9], ['MB', 1e6], ['kB', 1e3]]) {
    if (number >= size) {
      return `${(number / size).toPrecision(3)} ${unit}`;
    }
  }
  return `${count(number)} B`;
}

function duration(seconds) {
  if (seconds > 0 && seconds < 1e-3) {
    return `${count(seconds * 1e6)} µs`;
  }
  if (seconds > 0 && seconds < 1) {
    return `${(seconds * 1e3).toPrecision(seconds < 0.1 ? 2 : 3)} ms`;
  }
  if (seconds < 60) {
    return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min ${Math.floor(seconds % 60)} s`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

function share(part, all) {
  return all > 0 ? `${(100 * part / all).toFixed(1)}%` : '–';
}

// --- The page ----------------------------------------------------------------------

function byId(id) {
  return document.getElementById(id);
}

function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function show(id, text) {
  setText(byId(id), text);
}

// Makes `parent` have `wanted` children, and returns them: what is there is used again, so that
// a selection or a scrolled place stays.
function children(parent, wanted, make) {
  while (parent.children.length > wanted) {
    parent.lastElementChild.remove();
  }
  while (parent.children.length < wanted) {
    parent.append(make());
  }
  return parent.children;
}

function element(tag, name) {
  const made = document.createElement(tag);
  if (name) {
    made.className = name;
  }
  return made;
}

// `cells` of a row: texts, or {text, name} with a class.
function showRows(id, rows, columns, nothing) {
  const body = byId(id).tBodies[0];
  const shown = rows.length > 0 ? rows : [[{ text: nothing, name: 'nothing' }]];
  const lines = children(body, shown.length, () => element('tr'));
  shown.forEach((cells, i) => {
    const nodes = children(lines[i], cells.length, () => element('td'));
    cells.forEach((cell, j) => {
      nodes[j].className = cell.name ?? '';
      nodes[j].colSpan = rows.length > 0 ? 1 : columns;
      if (cell.id === undefined) {
        setText(nodes[j], cell.text);
      } else {
        const parts = children(nodes[j], 2, () => element('bdi'));
        parts[1].className = 'id';
        setText(parts[0], cell.text);
        setText(parts[1], cell.id);
        nodes[j].title = `${cell.text} (${cell.id})`;
      }
    });
  });
}

function number(text, extra) {
  return { text, name: extra ? `n ${extra}` : 'n' };
}

function makeBar() {
  const item = element('li');
  const text = element('div', 'text');
  text.append(element('span'), element('span', 'figure'));
  const track = element('div', 'track');
  track.append(element('div', 'fill'));
  item.append(text, track);
  return item;
}

// `bars`: {label, figure, part (0 … 1), tone}.
function showBars(id, bars) {
  const items = children(byId(id), bars.length, makeBar);
  bars.forEach((bar, i) => {
    const [label, figure] = items[i].firstElementChild.children;
    setText(label, bar.label);
    setText(figure, bar.figure);
    const fill = items[i].querySelector('.fill');
    fill.className = `fill ${bar.tone ?? ''}`;
    fill.style.width = `${100 * Math.min(bar.part, 1)}%`;
  });
}

// --- The chart ---------------------------------------------------------------------

function svg(tag, attributes, text) {
  const made = document.createElementNS(kSvg, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

// The least of 2, 4, 10, 20, 40, 100, … that is not below `most`: it can be halved.
function niceTop(most) {
  for (let power = 1; ; power *= 10) {
    for (const step of [2, 4, 10]) {
      if (step * power >= most) {
        return step * power;
      }
    }
  }
}

let chartShown = '';

function showChart(minutes) {
  const chart = byId('chart');
  const width = chart.clientWidth || 800;
  const height = chart.clientHeight || 176;
  const key = `${width} ${height} ${minutes.join(' ')}`;
  if (key === chartShown) {
    return;
  }
  chartShown = key;
  const top = niceTop(Math.max(...minutes, 1));
  const left = 12 + 7 * count(top).length;
  const bottom = height - 22;
  const step = (width - left) / minutes.length;
  const parts = [];
  for (const value of [0, top / 2, top]) {
    const y = Math.round(8 + (bottom - 8) * (1 - value / top));
    parts.push(svg('line', { class: 'grid', x1: left, x2: width, y1: y, y2: y }));
    parts.push(svg('text', { class: 'end', x: left - 8, y: y + 4 }, count(value)));
  }
  minutes.forEach((value, i) => {
    const ago = minutes.length - 1 - i;
    const tall = value > 0 ? Math.max((bottom - 8) * value / top, 2) : 0;
    const bar = svg('rect', {
      class: ago === 0 ? 'now' : 'bar', x: left + i * step + step * 0.125, y: bottom - tall,
      width: step * 0.75, height: tall, rx: Math.min(2, step / 6),
    });
    bar.append(svg('title', {}, `${ago === 0 ? 'this minute' : `${ago} min ago`}: ${count(value)}`));
    parts.push(bar);
    if (ago % 15 === 0 && ago > 0) {
      parts.push(svg('text', { class: 'middle', x: left + (i + 0.5) * step, y: height - 4 },
        `${ago} min ago`));
    }
  });
  parts.push(svg('text', { class: 'end', x: width, y: height - 4 }, 'now'));
  chart.setAttribute('viewBox', `0 0 ${width} ${height}`);
  chart.replaceChildren(...parts);
}

// --- A snapshot --------------------------------------------------------------------

function showGlance(figures) {
  show('about', `tagtill ${figures.version} · up ${duration(figures.uptime_seconds)} · ` +
    `${bytes(figures.bytes)} read`);
  show('confirmed', count(figures.confirmed));
  show('amounts', figures.amounts.map((sum) => `${sum.amount}\u00A0${sum.currency}`).join(' · ') ||
    'none yet');
  show('conversion', share(figures.confirmed, figures.prompts));
  show('open', count(figures.open_windows));
  show('oldest', figures.oldest_window_seconds === null ? 'none'
    : `oldest ${duration(figures.oldest_window_seconds)}`);
  show('reach', short(figures.reach));
  show('posts-rate', count(figures.posts_per_second ?? 0));
  show('bytes-rate', `${bytes(figures.bytes_per_second ?? 0)}/s`);
  show('lag', figures.clock_lag_seconds === null ? '–' : duration(figures.clock_lag_seconds));
  const problem = byId('problem');
  const state = figures.state === 'running' ? '' : `The tier is ${figures.state}. `;
  setText(problem, state + figures.problem);
  problem.hidden = problem.textContent === '';
}

function showFunnel(figures) {
  show('funnel-note', `${short(figures.lines)} lines · ${short(figures.posts)} posts · ` +
    `${count(figures.candidates)} candidates`);
  const most = Math.max(figures.intents, figures.prompts, 1);
  const bar = (label, value, of, tone) => ({
    label, tone, part: value / most,
    figure: of > 0 ? `${count(value)} · ${share(value, of)}` : count(value),
  });
  showBars('funnel', [
    bar('Intents', figures.intents, 0),
    bar('Prompts', figures.prompts, figures.intents),
    bar('Purchases', figures.confirmed, figures.prompts, 'confirmed'),
    bar('Expired', figures.expired, figures.prompts, 'expired'),
    bar('Cancelled', figures.cancelled, figures.prompts, 'cancelled'),
    bar('Open now', figures.open_windows, figures.prompts, 'open'),
  ]);
}

function showRejected(figures) {
  const reasons = Object.entries(figures.rejected).sort((a, b) => b[1] - a[1]);
  const all = reasons.reduce((sum, [, value]) => sum + value, 0);
  show('rejected-note', all > 0 ? `${count(all)} in all` : 'none yet');
  showBars('rejected', reasons.map(([reason, value]) => ({
    label: reason.replaceAll('_', ' '), figure: count(value), part: value / reasons[0][1],
  })));
}

function showOffers(figures) {
  const shown = figures.offers.length;
  show('offers-note', shown < figures.offers_total
    ? `the first ${count(shown)} of ${count(figures.offers_total)}, by purchases`
    : shown > 0 ? `${count(shown)}, by purchases` : '');
  showRows('offers', figures.offers.map((offer) => [
    { text: offer.title, id: offer.id, name: 'name' },
    number(offer.price),
    number(count(offer.prompts)),
    number(count(offer.confirmed)),
    number(share(offer.confirmed, offer.prompts)),
    number(count(offer.open)),
    offer.stock_left === null ? number('unlimited')
      : number(offer.stock_left > 0 ? count(offer.stock_left) : 'sold out',
        offer.stock_left > 0 ? '' : 'low'),
  ]), 7, 'There are no offers.');
}

function showEnds(figures) {
  showRows('sinks', figures.sinks.map((sink) => [
    { text: sink.name, name: 'name' },
    { text: sink.state, name: sink.state === 'up' ? 'good' : 'bad' },
    number(sink.behind_events > 0
      ? `${count(sink.behind_events)} · ${duration(sink.behind_seconds)}` : '–'),
  ]), 3, 'There is no sink.');
  showRows('sources', figures.sources.map((source) => [
    { text: source.name, name: 'name' },
    number(count(source.connections)),
    number(`${bytes(source.bytes_per_second ?? 0)}/s`),
  ]), 3, 'There is no source.');
  showRows('latencies', figures.latencies.map((step) => [
    { text: step.name, name: 'name' },
    ...[step.median_seconds, step.p99_seconds, step.p999_seconds].map(
      (seconds) => number(step.count > 0 ? duration(seconds) : '–')),
  ]), 4, 'Nothing is measured.');
}

function showChartOf(figures) {
  const minutes = figures.purchases_by_minute;
  showChart(minutes);
  show('chart-note', `${count(minutes.reduce((sum, value) => sum + value, 0))} in the last hour`);
}

let last = null;  // the snapshot that is shown

function showAll(figures) {
  last = figures;
  showGlance(figures);
  showChartOf(figures);
  showFunnel(figures);
  showRejected(figures);
  showOffers(figures);
  showEnds(figures);
  document.title = `${count(figures.confirmed)} purchases – tagtill`;
}

// --- Where it comes from -------------------------------------------------------------

let state = 'connecting';
let lastAt = 0;

function setState(next, text) {
  state = next;
  document.body.dataset.state = next;
  show('state', text ?? next);
}

function connect() {
  const events = new EventSource('/events');
  const again = (next) => {
    events.close();
    if (next) {
      setState(next);
    }
    setTimeout(connect, kRetryAfterMs);
  };
  events.onmessage = (event) => {
    lastAt = performance.now();
    setState('live');
    showAll(JSON.parse(event.data));
  };
  events.addEventListener('end', () => again('ended'));
  events.onerror = () => again();
}

setInterval(() => {
  const ago = performance.now() - lastAt;
  if ((state === 'live' || state === 'stale') && ago > kStaleAfterMs) {
    setState('stale', `no news for ${duration(Math.floor(ago / 1000))}`);
  }
}, 1000);
new ResizeObserver(() => {
  if (last) {
    showChartOf(last);
  }
}).observe(byId('chart'));
connect();
