package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// fieldNames lists the numbers of a struct by the names that files use.
func fieldNames(of reflect.Type, prefix string) []string {
	var names []string
	for field := range of.Fields() {
		name := prefix + field.Tag.Get("json")
		if field.Type.Kind() == reflect.Struct {
			names = append(names, fieldNames(field.Type, name+".")...)
		} else {
			names = append(names, name)
		}
	}
	return names
}

func TestEveryLimitHasADefaultInsideItsRange(t *testing.T) {
	g := NewWithT(t)
	limits := DefaultLimits()
	var named []string
	for _, each := range limits.settings() {
		named = append(named, each.name)
		g.Expect(*each.value).To(Equal(each.standard), each.name)
		g.Expect(*each.value).To(And(BeNumerically(">=", each.least), BeNumerically("<=", each.most)), each.name)
	}
	g.Expect(named).To(ConsistOf(fieldNames(reflect.TypeFor[Limits](), "")))
	g.Expect(limits.Check()).To(Succeed())
}

func TestEachLimitIsHeldToItsRange(t *testing.T) {
	for i, each := range (&Limits{}).settings() {
		for _, test := range []struct {
			value int
			ok    bool
		}{{each.least, true}, {each.most, true}, {each.least - 1, false}, {each.most + 1, false}, {-1, false}} {
			t.Run(fmt.Sprintf("%s=%d", each.name, test.value), func(t *testing.T) {
				g := NewWithT(t)
				limits := DefaultLimits()
				*limits.settings()[i].value = test.value
				switch each.name {
				case "pageSize":
					limits.MaxPageSize = 1000
				case "maxPageSize":
					limits.PageSize = 1
				}
				if test.ok {
					g.Expect(limits.Check()).To(Succeed())
					return
				}
				g.Expect(limits.Check()).To(MatchError(ContainSubstring(
					fmt.Sprintf("limits.%s: must be %d to %d, not %d", each.name, each.least, each.most, test.value))))
			})
		}
	}
}

func TestAPageThatIsNotAskedForIsNoLargerThanTheLargest(t *testing.T) {
	g := NewWithT(t)
	g.Expect(Limits{MaxPageSize: 20}.WithDefaults().PageSize).To(Equal(20))
	g.Expect(Limits{PageSize: 30, MaxPageSize: 20}.WithDefaults().Check()).To(
		MatchError("limits.pageSize: must not be above limits.maxPageSize, which is 20, but is 30"))
}

const limitsFile = `
project: {uid: a}
store: {engine: sqlite, path: a.db}
bus: {engine: memory}
keysetFile: keyset
signingKeysFile: signing
limits:
  requestsPerUser: {perSecond: 100}
  sendsPerUser: {perSecond: 0, burst: 5}
  nameLength: 10
  bodyBytes: 0
`

func TestAZeroInTheFileMeansTheDefault(t *testing.T) {
	g := NewWithT(t)
	got, err := Decode([]byte(limitsFile))
	g.Expect(err).NotTo(HaveOccurred())
	want := DefaultLimits()
	want.RequestsPerUser = Rate{PerSecond: 100, Burst: 200}
	want.SendsPerUser = Rate{PerSecond: 10, Burst: 5}
	want.NameLength = 10
	g.Expect(got.Limits).To(Equal(want))

	_, err = Decode([]byte(strings.Replace(limitsFile, "bodyBytes: 0", "bodyBytes: 1023", 1)))
	g.Expect(err).To(MatchError("check the configuration: limits.bodyBytes: must be 1024 to 1048576, not 1023"))
	_, err = Decode([]byte(limitsFile + "  speed: 3\n"))
	g.Expect(err).To(MatchError(ContainSubstring(`unknown field "speed"`)))
}

func TestThePageOfLimitsSaysWhatHolds(t *testing.T) {
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/limits.md")
	g.Expect(err).NotTo(HaveOccurred())
	number := func(text string) int {
		value, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
		g.Expect(err).NotTo(HaveOccurred())
		return value
	}
	type row struct{ standard, least, most int }
	documented := map[string]row{}
	for _, cells := range regexp.MustCompile("(?m)^\\| `([A-Za-z.]+)` \\| ([0-9,]+) \\| ([0-9,]+) to ([0-9,]+) \\|").FindAllStringSubmatch(string(page), -1) {
		documented[cells[1]] = row{number(cells[2]), number(cells[3]), number(cells[4])}
	}
	held := map[string]row{}
	for _, each := range (&Limits{}).settings() {
		held[each.name] = row{each.standard, each.least, each.most}
	}
	g.Expect(documented).To(Equal(held))
}
