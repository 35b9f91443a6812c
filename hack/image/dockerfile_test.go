package main

import (
	"encoding/json"
	"strings"
)

// stage is what the comparison needs of one FROM section of a Dockerfile.
type stage struct {
	base       string
	user       string
	entrypoint []string
	copies     []copied
	runs       []string
}

// copied is a file taken from another stage.
type copied struct {
	from, source, target string
}

// stagesOf reads the subset of the Dockerfile language that the repository's Dockerfile uses. What
// it cannot read stays empty, so the comparison reports it.
func stagesOf(text string) map[string]*stage {
	stages := map[string]*stage{}
	current := &stage{}
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || strings.HasPrefix(words[0], "#") {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "FROM":
			current = &stage{base: words[1]}
			if len(words) == 4 && strings.EqualFold(words[2], "AS") {
				stages[words[3]] = current
			}
		case "USER":
			current.user = words[1]
		case "ENTRYPOINT":
			current.entrypoint = nil
			if err := json.Unmarshal([]byte(strings.TrimSpace(line)[len("ENTRYPOINT"):]), &current.entrypoint); err != nil {
				current.entrypoint = []string{"not a JSON list:", line}
			}
		case "RUN":
			current.runs = append(current.runs, strings.Join(words[1:], " "))
		case "COPY":
			if len(words) == 4 && strings.HasPrefix(words[1], "--from=") {
				current.copies = append(current.copies, copied{
					from: strings.TrimPrefix(words[1], "--from="), source: words[2], target: words[3],
				})
			} else {
				current.copies = append(current.copies, copied{source: words[1], target: words[len(words)-1]})
			}
		}
	}
	return stages
}
