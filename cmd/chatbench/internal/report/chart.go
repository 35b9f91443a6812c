package report

// Chart names one of the diagrams of the picture.
type Chart string

// The diagrams.
const (
	CostChart  Chart = "cost"  // CPU time per delivery against sessions
	ReachChart Chart = "reach" // pods reached per publication against pods
)

// diagram is how a chart is labelled.
type diagram struct {
	chart                 Chart
	title, xLabel, yLabel string
}

// diagrams in the order in which the picture shows them.
var diagrams = []diagram{
	{CostChart, "Server CPU time per delivery", "sessions", "µs"},
	{ReachChart, "Pods that a publication reaches, by conversations per user", "pods", "pods reached"},
}
