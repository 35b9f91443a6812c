package main

import (
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

// documents is what the API's documents describe.
type documents struct {
	paths    map[string]map[string]any // by path without the prefix, by method
	messages map[string]any            // op.NAME and event.KIND
}

// prefix leads every path of the API; the table leaves it out.
const prefix = "/chat/v1"

func readDocuments(openAPIPath, asyncAPIPath string) (documents, error) {
	var openAPI struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	var asyncAPI struct {
		Channels map[string]struct {
			Messages map[string]any `json:"messages"`
		} `json:"channels"`
	}
	for path, into := range map[string]any{openAPIPath: &openAPI, asyncAPIPath: &asyncAPI} {
		encoded, err := os.ReadFile(path)
		if err != nil {
			return documents{}, err
		}
		if err := yaml.Unmarshal(encoded, into); err != nil {
			return documents{}, fmt.Errorf("read %s: %w", path, err)
		}
	}
	known := documents{paths: make(map[string]map[string]any), messages: make(map[string]any)}
	for path, methods := range openAPI.Paths {
		known.paths[strings.TrimPrefix(path, prefix)] = methods
	}
	for _, channel := range asyncAPI.Channels {
		for name, message := range channel.Messages {
			known.messages[name] = message
		}
	}
	return known, nil
}

// lack says what a name of the table lacks in the documents. Names that are
// neither an operation nor an op nor an event are fields and settings.
func (d documents) lack(name string) string {
	if match := operation.FindStringSubmatch(name); match != nil {
		path, _, _ := strings.Cut(match[2], "?")
		if _, known := d.paths[path][strings.ToLower(match[1])]; !known {
			return fmt.Sprintf("openapi.yaml has no %s %s%s", match[1], prefix, path)
		}
	}
	if match := op.FindStringSubmatch(name); match != nil && d.messages["op."+match[1]] == nil {
		return fmt.Sprintf("asyncapi.yaml has no op %s", match[1])
	}
	if match := event.FindStringSubmatch(name); match != nil && d.messages["event."+match[1]] == nil {
		return fmt.Sprintf("asyncapi.yaml has no event %s", match[1])
	}
	return ""
}
