package chat

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
)

func TestContentIsAStringOrAnObjectWhoseTextIsOne(t *testing.T) {
	for content, wrong := range map[string]string{
		`"hi"`:          "",
		`{"text":"hi"}`: "",
		`{"Text":1,"other":{"text":1},"list":[{"text":1}]}`: "",
		` { "text" : "\"" } `:                               "",
		`{"text":1}`:                                        "content.text",
		`{"text":null}`:                                     "content.text",
		`{"text":["hi"]}`:                                   "content.text",
		`{"\u0074ext":1}`:                                   "content.text",
		`{"text":"hi","text":1}`:                            "content.text",
		`{"text":1,"text":"hi"}`:                            "content.text",
		`{"text":"hi"`:                                      "content",
		`{"text":"hi"}}`:                                    "content",
		`{}`:                                                "content",
		` { } `:                                             "content",
		`[]`:                                                "content",
		`1`:                                                 "content",
		`""`:                                                "content",
		``:                                                  "content",
	} {
		g := NewWithT(t)
		f := fields{limits: config.DefaultLimits()}
		f.content("content", json.RawMessage(content))
		if wrong == "" {
			g.Expect(f.err()).NotTo(HaveOccurred(), content)
			continue
		}
		g.Expect(f.err()).To(HaveOccurred(), content)
		g.Expect(model.AsError(f.err()).Fields).To(ConsistOf(HaveField("Field", wrong)), content)
	}
}
