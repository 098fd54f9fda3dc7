// Draws a page's charts (and a report's table of layers) from the JSON in #page-data, redraws them when a choice changes,
// and sorts tables.
// Colours are CSS variables inside the SVG, so that light, dark and print need no redrawing.
(function () {
  'use strict';

  const page = JSON.parse(document.getElementById('page-data').textContent);
  const POOLED = 'all layers pooled';

  // ---- Rows -------------------------------------------------------------------------------------------------------

  const unpack = (column) => (Array.isArray(column) ? column : column.codes.map((code) => column.levels[code]));

  function rowsOf(name) {
    const names = Object.keys(page.tables[name]);
    const columns = names.map((column) => unpack(page.tables[name][column]));
    return columns[0].map((_, i) => {
      const row = {};
      names.forEach((column, c) => { row[column] = columns[c][i]; });
      for (const flag of ['own', 'chosen']) if (flag in row) row[flag] = row[flag] === 'true';
      return row;
    });
  }

  const layerNames = (network, group) => [POOLED].concat((page.layers[network] || []).slice(0, group.layers - 1));
  const floorOf = (group, i) => (group.floor_ratio[i] > 0 ? group.delta_cdf[i] / group.floor_ratio[i] : null);
  const isOwn = (group) => group.evaluated_with === group.trained_with;

  // The layers of the groups that are wanted.
  function rowsOfLayers(wanted) {
    return page.groups.filter(wanted).flatMap((group) => layerNames(group.network, group).flatMap((layer, i) => (
      i === 0 || group.delta_cdf[i] === null ? [] : [{
        network: group.network, trained_with: group.trained_with, evaluated_with: group.evaluated_with, seed: group.seed,
        own: isOwn(group), layer, position: i, delta_cdf: group.delta_cdf[i], floor: floorOf(group, i), n: group.n[i],
      }])));
  }

  const layerRows = (choice) => rowsOfLayers((group) => group.network === choice.network &&
    (choice.seen === 'its own potential' ? isOwn(group) : group.evaluated_with === choice.seen));
  const heatmapRows = (choice) => rowsOfLayers((group) => group.network === choice.network && group.seed === choice.seed);

  function histogramRows(choice) {
    const rows = [];
    for (const group of groupsOf(choice)) {
      const layer = layerNames(group.network, group).indexOf(choice.layer);
      const histogram = layer < 0 ? null : group.histograms[layer];
      if (!histogram) continue;
      const [first, below, above, ...counts] = histogram;
      const total = counts.reduce((sum, count) => sum + count, below + above);
      const value = group.delta_cdf[layer];
      const notes = [value === null ? 'ΔCDF not finite' : `ΔCDF ${value.toPrecision(3)}`];
      if (isOwn(group)) notes.unshift('trained with it');
      counts.forEach((count, i) => {
        const left = page.bins.left + (first + i) * page.bins.width;
        rows.push({
          evaluated_with: group.evaluated_with, bin_left: left, bin_right: left + page.bins.width,
          density: count / (total * page.bins.width), own: isOwn(group), subtitle: notes.join(' · '),
        });
      });
    }
    return rows;
  }

  const groupsOf = (choice) => page.groups.filter((group) => group.network === choice.network &&
    group.trained_with === choice.trained && group.seed === choice.seed);

  // ---- Choices ----------------------------------------------------------------------------------------------------

  const distinct = (values) => [...new Set(values)];

  // What can be chosen, given what has been chosen before it.
  const OPTIONS = {
    layers: () => distinct(unpack(page.tables.delta_cdf.layers)),
    network: () => page.networks.filter((network) => page.groups.some((group) => group.network === network)),
    seen: () => ['its own potential', ...page.evaluated_with],
    trained: (choice) => page.trained_with.filter((potential) =>
      page.groups.some((group) => group.network === choice.network && group.trained_with === potential)),
    seed: (choice) => distinct(page.groups.filter((group) => group.network === choice.network &&
      (choice.trained === undefined || group.trained_with === choice.trained)).map((group) => group.seed)),
    layer: (choice) => {
      const groups = groupsOf(choice);
      return groups.length ? layerNames(choice.network, groups[0]) : [POOLED];
    },
    evaluated: () => page.evaluated_with,
  };
  const LABELS = {
    layers: 'Layers taken together', network: 'Network', seen: 'Measured with', trained: 'Trained with', seed: 'Seed',
    layer: 'Layer', evaluated: 'Measured with',
  };
  const WORDS = {
    pooled: 'pooled as they are', standardised: 'each scaled to its own spread first', median: 'median over the layers',
  };

  function makeControls(box, names, changed) {
    const choice = {};
    function fill() {
      box.replaceChildren();
      for (const name of names) {
        const options = OPTIONS[name](choice);
        if (!options.includes(choice[name])) choice[name] = options[0];
        if (options.length > 1) box.append(makeSelect(name, options));
      }
    }
    function makeSelect(name, options) {
      const label = document.createElement('label');
      const pick = document.createElement('span');
      const select = document.createElement('select');
      label.append(LABELS[name], pick);
      pick.className = 'pick';
      options.forEach((option) => select.add(new Option(WORDS[option] || option, option)));
      select.value = choice[name];
      select.dataset.choice = name;
      const choose = (value, focus) => {
        choice[name] = value;
        fill();
        const again = box.querySelector(focus);
        if (again) again.focus();
        changed(choice);
      };
      select.addEventListener('change', () => choose(select.value, `select[data-choice=${name}]`));
      if (name === 'layer') pick.append(stepper('‹', 'Layer before', -1), select, stepper('›', 'Layer after', 1));
      else pick.append(select);
      function stepper(sign, title, step) {
        const button = document.createElement('button');
        const next = options[options.indexOf(choice[name]) + step];
        button.type = 'button';
        button.textContent = sign;
        button.title = title;
        button.setAttribute('aria-label', title);
        button.dataset.step = step;
        button.disabled = next === undefined;
        button.addEventListener('click', () => choose(next, `button[data-step="${step}"]`));
        return button;
      }
      return label;
    }
    fill();
    // Makes several choices at once, as if by hand.
    const choose = (values) => {
      Object.assign(choice, values);
      fill();
      changed(choice);
    };
    return { choice, choose };
  }

  // ---- Charts -----------------------------------------------------------------------------------------------------

  const DASHES = ['', '6 3', '2 2', '8 3 2 3', '10 4', '4 1', '1 3', '12 2 2 2'];

  // name: [choices, rows, legend, smallest width of a panel, field whose range all panels share]
  const byLayers = (rows) => (choice) => rows.filter((row) => row.layers === choice.layers);
  const whole = (table, looks) => ({ choices: [], legend: false, rows: () => rowsOf(table), ...looks });
  const CHARTS = {
    delta_cdf_own: () => ({ choices: ['layers'], rows: byLayers(rowsOf('delta_cdf').filter((row) => row.own)),
      shared: ['delta_cdf', 'floor_pooled'], legend: false, max: '34rem' }),
    delta_cdf_others: () => ({ choices: ['layers'], rows: byLayers(rowsOf('delta_cdf')), shared: ['delta_cdf'], legend: true,
      panel: '22rem' }),
    magnitude: () => ({ choices: [], legend: false, max: '34rem',
      rows: () => rowsOf('delta_cdf').filter((row) => row.own && row.layers === 'pooled') }),
    loss: () => ({ choices: [], rows: () => rowsOf('curves'), legend: true, panel: '22rem' }),
    accuracy: () => ({ choices: [], rows: () => rowsOf('curves'), legend: true, panel: '22rem' }),
    layers: () => ({ choices: ['network', 'seen'], rows: layerRows, legend: true, max: 'none', press: showHistogram }),
    heatmap: () => ({ choices: ['network', 'seed'], rows: heatmapRows, legend: false, panel: '22rem', max: 'none',
      order: page.trained_with, prefix: 'trained with ', press: showHistogram }),
    lambda_epochs: () => ({ choices: [], rows: () => rowsOf('trajectories'), legend: true, panel: '22rem' }),
    delta_cdf_epochs: () => ({ choices: [], rows: () => rowsOf('trajectories'), legend: true, panel: '22rem' }),
    lambda: () => ({ choices: [], legend: true, max: 'none', press: showHistogram,
      rows: () => rowsOf('geometry').filter((row) => !Number.isFinite(row.epoch)) }),
    histogram: () => ({ choices: ['network', 'trained', 'seed', 'layer'], rows: histogramRows, legend: false,
      panel: '9.75rem', order: page.evaluated_with, density: true }),
    search: () => ({ choices: [], rows: () => rowsOf('search'), legend: true, panel: '22rem' }),
    growth: () => whole('growth', { max: '34rem' }),
    profile: () => whole('profile', { max: '34rem' }),
    dual_changes: () => whole('histogram', { panel: '11rem' }),
    quantiles: () => whole('quantiles', { panel: '11rem' }),
    depth: () => whole('depth', { max: 'none' }),
    robustness: () => whole('robustness', { panel: '22rem' }),
    flow: () => whole('flow', { max: '34rem' }),
    flow_dual: () => whole('flow', { max: '34rem' }),
    linreg_delta_cdf: () => whole('linreg', { panel: '22rem' }),
    linreg_magnitude: () => whole('linreg', { panel: '22rem' }),
    linreg_spread: () => whole('linreg', { panel: '22rem' }),
    spines: () => whole('spines', { panel: '17rem' }),
  };

  const clone = (json) => JSON.parse(JSON.stringify(json));

  // All panels of a figure get one range of y, so that they can be compared by eye.
  function shareRange(view, rows, chart) {
    let top = 0;
    if (chart.density) top = Math.max(0.45, Math.min(0.9, rows.reduce((most, row) => Math.max(most, row.density), 0)));
    else for (const field of chart.shared) for (const row of rows) top = Math.max(top, row[field] || 0);
    if (top > 0) view.layer[0].encoding.y.scale = { domain: [0, top], nice: !chart.density };
  }

  function makeLegend(box, rows) {
    const present = new Set(rows.map((row) => row.trained_with));
    box.replaceChildren('trained with');
    page.trained_with.forEach((potential, i) => {
      if (!present.has(potential)) return;
      const item = document.createElement('span');
      item.innerHTML = `<svg width="30" height="10" aria-hidden="true"><line x1="1" x2="29" y1="5" y2="5" stroke-width="2.5"
        style="stroke: var(--series-${(i % 8) + 1})" stroke-dasharray="${DASHES[i % 8]}"></line></svg>`;
      item.append(potential);
      box.append(item);
    });
  }

  function makePanel(value, rows, several) {
    const panel = document.createElement('div');
    const title = document.createElement('p');
    const plot = document.createElement('div');
    const subtitle = rows[0].subtitle;
    panel.className = rows[0].own && subtitle ? 'panel is-own' : 'panel';
    plot.className = 'plot';
    title.className = 'panel-title';
    title.textContent = value;
    if (subtitle) {
      const small = document.createElement('small');
      small.textContent = subtitle;
      title.append(small);
    }
    if (several || subtitle || (page.networks || []).length > 1) panel.append(title);
    panel.append(plot);
    return [panel, plot];
  }

  const EMBED = { actions: false, renderer: 'svg', config: page.config, tooltip: { theme: 'page', disableDefaultStyle: true } };

  async function drawFigure(box, name, chart, choice, old) {
    const figure = page.figures[name];
    const panels = box.querySelector('.panels');
    const rows = chart.rows(choice);
    const values = distinct(rows.map((row) => row[figure.facet]));
    if (chart.order) values.sort((a, b) => chart.order.indexOf(a) - chart.order.indexOf(b));
    old.splice(0).forEach((result) => result.finalize());
    panels.style.setProperty('--panel', chart.panel || '17rem');
    panels.style.setProperty('--panel-max', chart.max || '46rem');
    panels.replaceChildren();
    if (chart.legend) makeLegend(box.querySelector('.legend'), rows);
    if (!rows.length) {
      const empty = document.createElement('p');
      empty.className = 'empty';
      empty.textContent = 'There is nothing to draw for this choice.';
      panels.append(empty);
    }
    await Promise.all(values.map(async (value) => {
      const own = rows.filter((row) => row[figure.facet] === value);
      const view = clone(figure.view);
      if (chart.density || (chart.shared && values.length > 1)) shareRange(view, rows, chart);
      const [panel, plot] = makePanel((chart.prefix || '') + value, own, values.length > 1 || chart.prefix);
      panels.append(panel);
      const spec = Object.assign(view, { data: { values: own }, width: 'container', height: figure.height,
        autosize: { type: 'fit-x', contains: 'padding' } });
      const drawn = await vegaEmbed(plot, spec, EMBED);
      if (chart.press) drawn.view.addEventListener('click', (event, item) => item && item.datum && chart.press({ ...choice, ...item.datum }));
      old.push(drawn);
    }));
  }

  function startFigure(box) {
    const name = box.dataset.figure;
    const chart = CHARTS[name]();
    const drawn = [];
    let last = Promise.resolve();
    const draw = (choice) => {
      last = last.then(() => drawFigure(box, name, chart, choice, drawn)).catch((error) => fail(box, error));
      return last;
    };
    const controls = makeControls(box.querySelector('.controls'), chart.choices, draw);
    chooseIn[name] = controls.choose;
    return draw(controls.choice);
  }

  const chooseIn = {};

  // The layer that a mark stands for, in the figure of histograms.
  function showHistogram({ network, trained_with: trained, seed, layer }) {
    if (!chooseIn.histogram || layer === undefined) return;
    chooseIn.histogram({ network, trained, seed, layer });
    document.querySelector('[data-figure=histogram]').scrollIntoView({ behavior: 'smooth', block: 'center' });
  }

  function fail(box, error) {
    const note = document.createElement('p');
    note.className = 'note';
    note.textContent = `This chart could not be drawn (${error.message}). Its numbers are in the tables below.`;
    box.querySelector('.panels').append(note);
    document.documentElement.dataset.charts = 'failed';
  }

  // ---- The table of layers ----------------------------------------------------------------------------------------

  const show = (value) => (value === null ? '–' : String(Number(value.toPrecision(3))));
  const count = (value) => (value === null ? '–' : value.toLocaleString('en-US'));
  const COLUMNS = [
    ['weights', 'n', count], ['ΔCDF', 'delta_cdf', show], ['÷ floor', 'floor_ratio', show], ['W1', 'w1', show],
    ['magnitude', 'magnitude', show], ['mean', 'mean', show], ['sd', 'sd', show], ['skew', 'skew', show],
    ['excess kurtosis', 'excess_kurtosis', show], ['zeros', 'zeros', count], ['sign flips', 'sign_flips', count],
    ['sd ln|w before|', 'log_sd_w0', show],
  ];
  // λ of a trial's layers, by name.
  function exponentsOf(group) {
    const found = new Map();
    for (const row of rowsOf('geometry')) {
      const same = row.network === group.network && row.trained_with === group.trained_with && row.seed === group.seed;
      if (same && row.epoch === null) found.set(row.layer === 'all' ? POOLED : row.layer, row);
    }
    return found;
  }
  const twoDigits = (value) => (value === null || value === undefined ? '–' : value.toFixed(2));
  const interval = (row) => (!row || row.low === null ? '–' : `[${twoDigits(row.low)}, ${twoDigits(row.high)}]`);

  function startLayerTable(box) {
    const slot = box.querySelector('.table-slot');
    const draw = (choice) => {
      const group = groupsOf(choice).find((one) => one.evaluated_with === choice.evaluated);
      slot.replaceChildren(group ? layerTable(group) : 'There are no layers for this choice.');
    };
    draw(makeControls(box.querySelector('.controls'), ['network', 'trained', 'evaluated', 'seed'], draw).choice);
  }

  function layerTable(group) {
    const scroll = document.createElement('div');
    const table = document.createElement('table');
    const cell = (row, tag, text, scope, kind) => {
      const element = document.createElement(tag);
      if (scope) element.scope = scope;
      element.className = kind;
      element.textContent = text;
      row.append(element);
    };
    Object.assign(scroll, { className: 'table-box', tabIndex: 0 });
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', 'Statistics of every layer');
    const caption = document.createElement('span');
    caption.textContent = 'Moments are those of the dual change; ÷ floor is ΔCDF over its sampling floor';
    table.createCaption().append(caption);
    const head = table.createTHead().insertRow();
    cell(head, 'th', 'layer', 'col', 'text');
    const titles = COLUMNS.map(([title]) => title).concat('λ', '95 % of λ');
    titles.forEach((title) => cell(head, 'th', title, 'col', 'number'));
    const exponents = exponentsOf(group);
    const body = table.createTBody();
    layerNames(group.network, group).forEach((name, i) => {
      const row = body.insertRow();
      cell(row, 'th', name, 'row', 'text');
      COLUMNS.forEach(([, column, format]) => cell(row, 'td', format(group[column][i]), '', 'number'));
      const exponent = exponents.get(name);
      cell(row, 'td', exponent ? twoDigits(exponent.lambda) : '–', '', 'number');
      cell(row, 'td', interval(exponent), '', 'number');
    });
    scroll.append(table);
    makeSortable(table);
    const whole = document.createElement('div');
    whole.append(makeFilter(table), scroll);
    return whole;
  }

  // ---- Sorting ----------------------------------------------------------------------------------------------------

  // The first number in a cell ("1,234", "+0.5", "[0.92, 1.06]"); none of "–".
  function numberIn(text) {
    const found = text.replace(/(\d),(?=\d{3})/g, '$1').replace('−', '-').match(/[-+]?(\d+(\.\d*)?(e[-+]?\d+)?|∞)/i);
    if (!found) return NaN;
    return found[0].endsWith('∞') ? (found[0][0] === '-' ? -Infinity : Infinity) : Number(found[0]);
  }

  // Rows by the pressed column, rising at first and falling at a second press; cells without a number come last.
  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const sign = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
        const isText = head.classList.contains('text');
        const keyOf = (row) => (isText ? row.cells[column].textContent : numberIn(row.cells[column].textContent));
        const compare = (a, b) => {
          if (isText) return sign * a.localeCompare(b, 'en', { numeric: true });
          if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
          return a === b ? 0 : sign * (a < b ? -1 : 1);
        };
        const body = table.tBodies[0];
        body.append(...[...body.rows].sort((a, b) => compare(keyOf(a), keyOf(b))));
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
      });
    });
  }

  // Of tables too long to see at once: a field that leaves the rows whose name has this text in it.
  function makeFilter(table) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 8) return '';
    const label = document.createElement('label');
    const field = document.createElement('input');
    Object.assign(field, { type: 'search', placeholder: 'part of a name' });
    label.className = 'filter';
    label.append('Layers named', field);
    field.addEventListener('input', () => rows.forEach((row) => {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(field.value.trim().toLowerCase());
    }));
    return label;
  }

  // ---- Start ------------------------------------------------------------------------------------------------------

  document.documentElement.dataset.charts = 'drawing';
  document.querySelectorAll('[data-table=layer_table]').forEach(startLayerTable);
  document.querySelectorAll('table.sortable').forEach((table) => {
    makeSortable(table);
    table.parentElement.before(makeFilter(table));
  });
  Promise.all([...document.querySelectorAll('[data-figure]')].map(startFigure)).then(() => {
    if (document.documentElement.dataset.charts === 'drawing') document.documentElement.dataset.charts = 'drawn';
  });
})();
