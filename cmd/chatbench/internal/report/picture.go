package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The measures of a diagram, in pixels.
const (
	diagramWidth  = 460
	diagramHeight = 340
	plotLeft      = 56
	plotTop       = 40
	plotWidth     = 370
	plotHeight    = 200
	legendHeight  = 14
)

// colours of the lines, in turn.
var colours = []string{"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf"}

// line is one series of a diagram.
type line struct {
	name   string
	points []Point
}

// Picture writes the diagrams of the report as one SVG. A diagram without points
// is left out.
func (r Report) Picture(out io.Writer) error {
	var drawn []string
	for _, each := range diagrams {
		if lines := r.lines(each.chart); len(lines) > 0 {
			drawn = append(drawn, each.draw(lines, len(drawn)*diagramWidth))
		}
	}
	width := max(1, len(drawn)) * diagramWidth
	_, err := fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="11">`+
		"\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n%s</svg>\n",
		width, diagramHeight, width, diagramHeight, strings.Join(drawn, ""))
	if err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// lines gathers the points of a chart by series, in the order of the rows.
func (r Report) lines(chart Chart) []line {
	var lines []line
	for _, row := range r.Rows {
		for _, point := range row.Points {
			if point.Chart != chart {
				continue
			}
			i := slices.IndexFunc(lines, func(l line) bool { return l.name == point.Series })
			if i < 0 {
				i = len(lines)
				lines = append(lines, line{name: point.Series})
			}
			lines[i].points = append(lines[i].points, point)
		}
	}
	return lines
}

// draw draws one diagram with both axes from 0 on.
func (d diagram) draw(lines []line, offset int) string {
	var most Point
	var marks []float64
	for _, each := range lines {
		for _, point := range each.points {
			most.X, most.Y = max(most.X, point.X), max(most.Y, point.Y)
			marks = append(marks, point.X)
		}
	}
	slices.Sort(marks)
	top := ceiling(most.Y)
	at := func(x, y float64) (float64, float64) {
		return plotLeft + plotWidth*x/most.X, plotTop + plotHeight*(1-y/top)
	}
	var svg strings.Builder
	fmt.Fprintf(&svg, "<g transform=\"translate(%d,0)\">\n", offset)
	text(&svg, plotLeft, plotTop-20, "start", "", d.title)
	d.drawAxes(&svg, slices.Compact(marks), top, at)
	for i, each := range lines {
		each.draw(&svg, i, at)
	}
	svg.WriteString("</g>\n")
	return svg.String()
}

func (d diagram) drawAxes(svg *strings.Builder, marks []float64, top float64, at func(x, y float64) (float64, float64)) {
	const steps = 4
	for step := range steps + 1 {
		value := top * float64(step) / steps
		_, y := at(0, value)
		fmt.Fprintf(svg, "<path d=\"M%d %.1fh%d\" stroke=\"#ddd\"/>\n", plotLeft, y, plotWidth)
		text(svg, plotLeft-6, y+4, "end", "", quantity(value, ""))
	}
	last := math.Inf(-1)
	for _, mark := range marks {
		x, y := at(mark, 0)
		if x-last < 28 { // the labels would cover each other
			continue
		}
		last = x
		text(svg, x, y+16, "middle", "", quantity(mark, ""))
	}
	text(svg, plotLeft+plotWidth/2, plotTop+plotHeight+32, "middle", "", d.xLabel)
	text(svg, plotLeft-6, plotTop-6, "end", "", d.yLabel)
}

func (l line) draw(svg *strings.Builder, number int, at func(x, y float64) (float64, float64)) {
	colour := colours[number%len(colours)]
	var path []string
	for i, point := range l.points {
		x, y := at(point.X, point.Y)
		command := "L"
		if i == 0 {
			command = "M"
		}
		path = append(path, fmt.Sprintf("%s%.1f %.1f", command, x, y))
		fmt.Fprintf(svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y, colour)
	}
	fmt.Fprintf(svg, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", strings.Join(path, ""), colour)
	const columns = 2
	x := plotLeft + float64(number%columns)*plotWidth/columns
	y := plotTop + plotHeight + 52 + float64(number/columns)*legendHeight
	text(svg, x, y, "start", colour, "● "+l.name)
}

func text(svg *strings.Builder, x, y float64, anchor, colour, content string) {
	if colour == "" {
		colour = "#333"
	}
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(content)) // a builder takes everything
	fmt.Fprintf(svg, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x, y, anchor, colour, escaped.String())
}

// ceiling is a round number that is not below the value.
func ceiling(value float64) float64 {
	if value <= 0 {
		return 1
	}
	magnitude := math.Pow(10, math.Floor(math.Log10(value)))
	for _, step := range []float64{1, 2, 4, 5, 8, 10} {
		if step*magnitude >= value {
			return step * magnitude
		}
	}
	return 10 * magnitude
}
