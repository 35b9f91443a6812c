package report_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
)

func TestARowIsJudgedByItsBudget(t *testing.T) {
	for name, each := range map[string]struct {
		row     report.Row
		verdict report.Verdict
	}{
		"below the budget":            {report.Row{Value: 9.9, Budget: 10}, report.Pass},
		"at the budget":               {report.Row{Value: 10, Budget: 10}, report.Pass},
		"just above it":               {report.Row{Value: 10.01, Budget: 10}, report.Over},
		"at what is bearable":         {report.Row{Value: 15, Budget: 10}, report.Over},
		"above that":                  {report.Row{Value: 15.01, Budget: 10}, report.Fail},
		"at least, met":               {report.Row{Value: 15, Budget: 15, AtLeast: true}, report.Pass},
		"at least, just missed":       {report.Row{Value: 14.9, Budget: 15, AtLeast: true}, report.Over},
		"at least, bearably missed":   {report.Row{Value: 10, Budget: 15, AtLeast: true}, report.Over},
		"at least, missed":            {report.Row{Value: 9.9, Budget: 15, AtLeast: true}, report.Fail},
		"nothing measured":            {report.Row{Budget: 15}, report.Fail},
		"nothing measured, at least":  {report.Row{Budget: 15, AtLeast: true}, report.Fail},
		"no budget":                   {report.Row{Value: 5}, report.Informed},
		"within the budget, but late": {report.Row{Value: 5, Budget: 10, Late: true}, report.Behind},
		"above it, and late":          {report.Row{Value: 12, Budget: 10, Late: true}, report.Behind},
		"beyond all, even late":       {report.Row{Value: 16, Budget: 10, Late: true}, report.Fail},
		"late without a budget":       {report.Row{Value: 5, Late: true}, report.Informed},
		"enough acked":                {report.Row{Value: 5, Budget: 10, Offered: 100, Acked: 90}, report.Pass},
		"too little acked":            {report.Row{Value: 5, Budget: 10, Offered: 100, Acked: 89}, report.Fail},
		"too little acked, no budget": {report.Row{Value: 5, Offered: 100, Acked: 89}, report.Fail},
		"a history that does not hold": {
			report.Row{Value: 5, Budget: 10, Violations: []string{"lost: message 7"}}, report.Fail,
		},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(each.row.Verdict()).To(Equal(each.verdict))
		})
	}
}
