package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
)

var errFailed = errors.New("a row failed: it is above 1.5 times its budget, less than 90 % of its sends were acked, or its history does not hold")

// render prints the table and writes the files that are wanted. A row that failed
// is an error, once everything is written.
func render(result report.Report, chosen settings) error {
	fmt.Println(result.Machine)
	err := report.Table(os.Stdout, result.Rows)
	if chosen.json != "" {
		err = errors.Join(err, write(chosen.json, result.JSON))
	}
	if chosen.page != "" {
		err = errors.Join(err, rewrite(chosen.page, result))
	}
	if err == nil && result.Failed() {
		err = errFailed
	}
	return err
}

// rewrite puts the report into a page, and its picture beside it.
func rewrite(path string, result report.Report) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	picture := strings.TrimSuffix(path, filepath.Ext(path)) + ".svg"
	changed, err := result.Rewrite(string(page), filepath.Base(picture))
	if err != nil {
		return err
	}
	text := func(out io.Writer) error {
		_, err := io.WriteString(out, changed)
		return err
	}
	return errors.Join(write(path, text), write(picture, result.Picture))
}

// write writes a file as a whole, so that a report that cannot be made leaves the
// old one.
func write(path string, make func(io.Writer) error) error {
	var content bytes.Buffer
	if err := make(&content); err != nil {
		return err
	}
	if err := os.WriteFile(path, content.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
