// Package scenario is what chatbench measures: each scenario starts a fleet and a
// crew, lets them work, reads what that cost, has the history checked and gives
// rows of a report.
//
// What may enter: the scenarios of docs/benchmarks.md and what several of them
// need. What may not: how load is made (package load), how processes are measured
// (package measure), and how results look (package report).
package scenario
