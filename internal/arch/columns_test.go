package arch_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// mostColumns is how long a line of a comment may be.
const mostColumns = 150

func TestCommentsFitAScreen(t *testing.T) {
	comments := 0
	for _, s := range readTree(t) {
		if s.generated {
			continue
		}
		for _, group := range s.ast.Comments {
			for _, c := range group.List {
				for line := range strings.Lines(c.Text) {
					comments++
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > mostColumns {
						t.Errorf("%s: a line of a comment has %d columns, the most is %d", s.at(c), n, mostColumns)
					}
				}
			}
		}
	}
	if comments < 5000 {
		t.Errorf("the tree has %d lines of comments: the test does not see them", comments)
	}
}
