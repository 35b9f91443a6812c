package chat

import (
	"regexp"
	"unicode/utf16"

	"mvdan.cc/xurls/v2"

	"github.com/parley-chat/parley/chatserver/model"
)

// MaxLinks is how many links of a text are listed; those behind them are not.
const MaxLinks = 100

// linkFinder finds URLs in texts.
type linkFinder struct{ pattern *regexp.Regexp }

func newLinkFinder() linkFinder {
	pattern, err := xurls.StrictMatchingScheme("https?://")
	if err != nil {
		panic(err) // the scheme above is a constant
	}
	return linkFinder{pattern: pattern}
}

// in finds the links of a text, in their order.
func (f linkFinder) in(text string) []model.Link {
	var links []model.Link
	position, done := 0, 0
	for _, found := range f.pattern.FindAllStringIndex(text, MaxLinks) {
		start, end := found[0], found[1]
		position += utf16Length(text[done:start])
		link := model.Link{URL: text[start:end], Start: position}
		position += utf16Length(link.URL)
		link.End, done = position, end
		links = append(links, link)
	}
	return links
}

// utf16Length counts a text as browsers do.
func utf16Length(text string) int {
	length := 0
	for _, r := range text {
		length += utf16.RuneLen(r)
	}
	return length
}
