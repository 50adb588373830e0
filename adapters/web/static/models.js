// The curve of a training run, drawn anew as it grows and when light turns to dark.
"use strict";

(() => {
  const place = document.getElementById("curve");
  if (!place || !window.uPlot) return;
  const points = JSON.parse(place.dataset.points);
  const labels = JSON.parse(place.dataset.words);
  let plot = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function rows() {
    const steps = points.map((point) => point.step);
    const of = (key) => points.map((point) => point[key] ?? null);
    return [steps, of("loss"), of("val_loss")];
  }

  function draw() {
    plot?.destroy();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: 300,
        scales: { x: { time: false } },
        axes: [axis, axis],
        series: [
          { label: labels.step },
          { label: labels.loss, stroke: colour("--accent"), width: 2, spanGaps: true, points: { show: points.length < 60 } },
          { label: labels.val_loss, stroke: colour("--good"), width: 2, spanGaps: true, points: { show: true, size: 7 } },
        ],
      },
      rows(),
      place,
    );
  }

  draw();
  addEventListener("resize", () => plot.setSize({ width: place.clientWidth, height: 300 }));
  document.addEventListener("theme", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  if (place.dataset.running) {
    const last = points.length ? points[points.length - 1].step : 0;
    const source = new EventSource(`${location.pathname}/events?after=${last}`);
    source.onmessage = (event) => {
      points.push(...JSON.parse(event.data));
      points.sort((one, other) => one.step - other.step);
      plot.setData(rows());
    };
    source.addEventListener("done", () => { source.close(); location.reload(); });
    source.addEventListener("stopped", () => source.close());
  }
})();
