package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// columns are the cells of a row, in their order.
var columns = []string{"#", "capability", "native", "Paanj", "tegrabox", "ChatKitty", "MinChat", "Chat API", "test"}

// row is one capability.
type row struct {
	number int
	cells  map[string]string
}

func (r row) native() string { return r.cells["native"] }
func (r row) test() string   { return r.cells["test"] }

// readTable reads all tables of the page as one. Rows are numbered 1, 2, 3.
func readTable(page string) ([]row, error) {
	var rows []row
	for line := range strings.SplitSeq(page, "\n") {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, "\x00"), "|"), "|")
		for i := range cells {
			cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), "\x00", "|")
		}
		number, err := strconv.Atoi(cells[0])
		if err != nil {
			continue // the head of a table
		}
		if len(cells) != len(columns) {
			return nil, fmt.Errorf("row %d has %d cells and not %d: %s", number, len(cells), len(columns), strings.Join(columns, " | "))
		}
		if number != len(rows)+1 {
			return nil, fmt.Errorf("row %d stands where row %d belongs", number, len(rows)+1)
		}
		r := row{number: number, cells: make(map[string]string, len(columns))}
		for i, name := range columns {
			r.cells[name] = cells[i]
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// areas are what a row may wait for: parts of the project that have not landed.
var areas = map[string]bool{
	"dialect": true, "sdk": true, "platform": true, "operator": true, "tickets": true, "notifications": true, "docs": true,
}

var (
	quoted    = regexp.MustCompile("`([^`]+)`")
	area      = regexp.MustCompile(`^\[([a-z]+)\]$`)
	operation = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) (/\S*)$`)
	op        = regexp.MustCompile(`^op ([a-z]+)$`)
	event     = regexp.MustCompile(`^event ([a-z._]+)$`)
)
