// Command features holds docs/features.md to the truth: every operation, op and
// event that a row names is in the API's documents, and every test that it names
// has passed.
//
// What may enter: checks of the table. What may not: running tests.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	table := flag.String("table", "docs/features.md", "the table")
	openAPI := flag.String("openapi", "chatserver/native/openapi.yaml", "the document of the REST API")
	asyncAPI := flag.String("asyncapi", "chatserver/native/asyncapi.yaml", "the document of the WebSocket")
	passed := flag.String("passed", "", "a file with the names of the tests that passed, one per line")
	flag.Parse()
	problems, err := check(*table, *openAPI, *asyncAPI, *passed)
	if err != nil {
		fmt.Fprintln(os.Stderr, "features:", err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

func check(tablePath, openAPIPath, asyncAPIPath, passedPath string) ([]string, error) {
	table, err := os.ReadFile(tablePath)
	if err != nil {
		return nil, err
	}
	rows, err := readTable(string(table))
	if err != nil {
		return nil, err
	}
	known, err := readDocuments(openAPIPath, asyncAPIPath)
	if err != nil {
		return nil, err
	}
	passed, err := os.ReadFile(passedPath)
	if err != nil {
		return nil, err
	}
	return judge(rows, known, readNames(string(passed))), nil
}
