package chat

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

func TestNamesAreFoundBehindAnAt(t *testing.T) {
	for text, wanted := range map[string][]shownName{
		"":                  nil,
		"@":                 nil,
		"@ ada":             nil,
		"@ada":              {{0, []string{"ada"}}},
		"hi @ada, @bob!":    {{3, []string{"ada"}}, {9, []string{"bob"}}},
		"ask @ada.":         {{4, []string{"ada.", "ada"}}},
		"ask @ada...":       {{4, []string{"ada...", "ada"}}},
		"@...":              {{0, []string{"..."}}},
		"(@ada_l-2.x)":      {{1, []string{"ada_l-2.x"}}},
		"a@example.org":     nil,
		"👋@ada":             {{2, []string{"ada"}}},
		"@@ada":             {{1, []string{"ada"}}},
		"@Zoë @李":           {{0, []string{"Zoë"}}, {5, []string{"李"}}},
		"@ada\u200b@bob":    {{0, []string{"ada"}}, {5, []string{"bob"}}},
		"bad \xff@ada":      {{5, []string{"ada"}}},
		"@" + long(128):     {{0, []string{long(128)}}},
		"@" + long(128*4+1): nil,
	} {
		NewWithT(t).Expect(namesIn(text, 10, func(int) bool { return false })).To(Equal(wanted), "%q", text)
	}
}

func long(length int) string { return strings.Repeat("x", length) }

func TestOnlyAsManyNamesAreLookedUpAsAMessageMayMention(t *testing.T) {
	g := NewWithT(t)
	text := strings.Repeat("@ada ", 20)
	free := func(int) bool { return false }
	g.Expect(namesIn(text, 3, free)).To(HaveLen(3))
	g.Expect(namesIn(text, 0, free)).To(BeEmpty())
	ada := []string{"ada"}
	g.Expect(namesIn(text, 3, func(start int) bool { return start < 50 })).To(Equal([]shownName{{50, ada}, {55, ada}, {60, ada}}))
}

func TestTheTextOfAContent(t *testing.T) {
	g := NewWithT(t)
	for content, wanted := range map[string]string{
		`"hi"`: "hi", `{"text":"hi","x":1}`: "hi", `{"x":1}`: "", `{"text":7}`: "", ``: "", `null`: "",
	} {
		g.Expect(textOf(json.RawMessage(content))).To(Equal(wanted), content)
	}
	for content, wanted := range map[string]bool{
		`"hi"`: false, `"a@b"`: true, `"\u0040ada"`: true, `"http://x"`: true, `"http:\/\/x"`: true, `{"text":"hi"}`: false,
	} {
		g.Expect(mayPoint(json.RawMessage(content))).To(Equal(wanted), content)
	}
}

func TestLinksAreFoundWithTheirPlaces(t *testing.T) {
	for text, wanted := range map[string][]model.Link{
		"":                                   nil,
		"see example.org":                    nil,
		"ftp://example.org":                  nil,
		"javascript://x":                     nil,
		"http://example.org":                 {{URL: "http://example.org", Start: 0, End: 18}},
		"HTTPS://EXAMPLE.ORG/A":              {{URL: "HTTPS://EXAMPLE.ORG/A", Start: 0, End: 21}},
		"👋 (https://example.org/a_(b)), ok?": {{URL: "https://example.org/a_(b)", Start: 4, End: 29}},
		"to https://example.org.":            {{URL: "https://example.org", Start: 3, End: 22}},
		"http://localhost:8080/x?y=z#k":      {{URL: "http://localhost:8080/x?y=z#k", Start: 0, End: 29}},
		"a http://b.org é http://c.org": {
			{URL: "http://b.org", Start: 2, End: 14}, {URL: "http://c.org", Start: 17, End: 29},
		},
	} {
		NewWithT(t).Expect(newLinkFinder().in(text)).To(Equal(wanted), "%q", text)
	}
	many := strings.Repeat("http://x.org ", MaxLinks+1)
	NewWithT(t).Expect(newLinkFinder().in(many)).To(HaveLen(MaxLinks))
}
