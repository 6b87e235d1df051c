"""Draws a ``Plot`` into an SVG file, the same octets for the same figures. Needs the extra bench."""

from pathlib import Path

from benchmarks.section import Plot


def draw(plot: Plot, directory: Path) -> Path:
    """The file that was written."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    path = directory / f"{plot.name}.svg"
    # Text stays text, and neither chance nor the date is in the file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": plot.name, "font.size": 9}):
        figure = Figure(figsize=(7, 3.5), layout="constrained")
        axes = figure.add_subplot()
        for label, points in plot.lines.items():
            across = [x for x, _ in points]
            (line,) = axes.plot(across, [spread.median for _, spread in points], marker="o", markersize=4, label=label)
            lows, highs = [spread.low for _, spread in points], [spread.high for _, spread in points]
            axes.fill_between(across, lows, highs, color=line.get_color(), alpha=0.15, linewidth=0)
        axes.set_xscale("log")
        if plot.log_up:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        ticks = sorted({x for points in plot.lines.values() for x, _ in points})
        axes.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.set(title=plot.title, xlabel=plot.across, ylabel=plot.up)
        axes.grid(alpha=0.3)
        axes.legend()
        figure.savefig(path, metadata={"Date": None})
    path.write_text("\n".join(line.rstrip() for line in path.read_text("utf-8").splitlines()) + "\n", "utf-8")
    return path
