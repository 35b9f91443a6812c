package report

// Row is one measured number.
type Row struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	// Budget is what the value should not exceed, or with AtLeast not miss; 0 where
	// there is none.
	Budget  float64 `json:"budget,omitempty"`
	AtLeast bool    `json:"atLeast,omitempty"`
	// Offered and Acked are messages; both are 0 where nothing was sent.
	Offered int `json:"offered,omitempty"`
	Acked   int `json:"acked,omitempty"`
	// Late says that the load ran behind its pace: frames then leave together and
	// cost less than they would, so a value within the budget shows nothing.
	Late bool `json:"late,omitempty"`
	// Violations is what the check of the history found.
	Violations []string `json:"violations,omitempty"`
	Facts      []Fact   `json:"facts,omitempty"`
	Points     []Point  `json:"points,omitempty"`
}

// Fact is another number that belongs to a row.
type Fact struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// Point is where a row stands in the picture.
type Point struct {
	Chart  Chart   `json:"chart"`
	Series string  `json:"series"`
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
}

// Verdict is what a row comes to.
type Verdict string

// The verdicts.
const (
	Pass     Verdict = "pass"
	Over     Verdict = "over"   // beyond the budget, within what is bearable
	Fail     Verdict = "FAIL"   // beyond that, or a history that does not hold
	Behind   Verdict = "behind" // within that, but the load was late: measure again on a quieter machine
	Informed Verdict = "-"      // there is no budget
)

const (
	// bearable times its budget a row must never exceed.
	bearable = 1.5
	// ackedPart of what was offered has to be acked, or the load was not there.
	ackedPart = 0.9
)

// Verdict judges the row.
func (r Row) Verdict() Verdict {
	// How far the value is beyond the budget: 1 is at it.
	beyond := 0.0
	switch {
	case r.Budget > 0 && r.AtLeast && r.Value > 0:
		beyond = r.Budget / r.Value
	case r.Budget > 0 && !r.AtLeast:
		beyond = r.Value / r.Budget
	}
	switch {
	case len(r.Violations) > 0,
		float64(r.Acked) < ackedPart*float64(r.Offered),
		r.Budget > 0 && r.Value <= 0,
		beyond > bearable:
		return Fail
	case r.Late && r.Budget > 0:
		return Behind
	case beyond > 1:
		return Over
	case r.Budget > 0:
		return Pass
	}
	return Informed
}
