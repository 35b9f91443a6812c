package chat

import (
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

// Who plans the roles of an app reads the table in docs/api.md, not the source.
func TestTheDocumentedPermissionsAreThoseOfTheRoles(t *testing.T) {
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/api.md")
	g.Expect(err).NotTo(HaveOccurred())
	_, table, found := strings.Cut(string(page), "\n| | `message.send`")
	g.Expect(found).To(BeTrue(), "the table of permissions")
	table, _, _ = strings.Cut("| | `message.send`"+table, "\n\n")
	rows := strings.Split(table, "\n")

	var columns []model.Permission
	for _, name := range quoted(rows[0]) {
		columns = append(columns, model.Permission(name))
	}
	g.Expect(columns).To(ConsistOf(model.AllPermissions))
	members, users := map[model.MemberRole][]model.Permission{}, map[model.UserRole][]model.Permission{}
	for _, row := range rows[2:] {
		cells := strings.Split(strings.Trim(row, "|"), "|")
		g.Expect(cells).To(HaveLen(len(columns)+1), row)
		allowed := []model.Permission{}
		for i, column := range columns {
			if strings.TrimSpace(cells[i+1]) == "x" {
				allowed = append(allowed, column)
			}
		}
		slices.Sort(allowed)
		for _, role := range quoted(cells[0]) {
			if strings.Contains(cells[0], "project") {
				users[model.UserRole(role)] = allowed
			} else {
				members[model.MemberRole(role)] = allowed
			}
		}
	}
	g.Expect(members).To(Equal(sorted(memberAllows)))
	g.Expect(users).To(Equal(sorted(userAllows)))
}

// quoted are the words between backticks.
func quoted(text string) []string {
	var words []string
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			words = append(words, part)
		}
	}
	return words
}

func sorted[Role comparable](allows map[Role][]model.Permission) map[Role][]model.Permission {
	all := map[Role][]model.Permission{}
	for role, permissions := range allows {
		all[role] = slices.Sorted(slices.Values(permissions))
		if all[role] == nil {
			all[role] = []model.Permission{}
		}
	}
	return all
}
