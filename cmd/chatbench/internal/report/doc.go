// Package report is how results look: rows with budgets and verdicts, as a table,
// as JSON, as a picture, and in the documentation.
//
// What may enter: judging and rendering numbers. What may not: getting them.
package report
