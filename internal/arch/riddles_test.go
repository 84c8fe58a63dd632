package arch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// riddlesFile lists the forms of sentences that hide their actor: an expression in a line, with a remark in the lines
// before it that begin with #.
const riddlesFile = "internal/arch/testdata/riddles.txt"

// TestCommentsNameTheirActors refuses the listed forms in every comment of the module, those of tests too.
func TestCommentsNameTheirActors(t *testing.T) {
	riddles, comments := readRiddles(t), 0
	for _, s := range readTree(t) {
		if s.generated {
			continue
		}
		for _, group := range s.ast.Comments {
			comments++
			if found := riddleOf(riddles, group.Text()); found != "" {
				t.Errorf("%s: %q does not say who or what acts: name the thing, as in \"a fact that was refused\"", s.at(group), found)
			}
		}
	}
	if comments < 5000 {
		t.Errorf("the tree has %d comments: the test does not see them", comments)
	}
}

// TestPagesNameTheirActors refuses the listed forms in the pages that describe the tree: in paragraphs, lists and tables.
// A heading may be a question.
func TestPagesNameTheirActors(t *testing.T) {
	riddles, paragraphs := readRiddles(t), 0
	for _, page := range documents(t) {
		var paragraph []string
		end := func() {
			if paragraphs++; len(paragraph) > 0 {
				if found := riddleOf(riddles, withoutCode(strings.Join(paragraph, " "))); found != "" {
					t.Errorf("%s: %q in %.60q… does not say who or what acts", page, found, paragraph[0])
				}
			}
			paragraph = nil
		}
		prose(t, page, func(line string) {
			line = strings.TrimLeft(line, " ")
			if line == "" || strings.ContainsAny(line[:1], "#|-*0123456789") {
				end()
			}
			if line != "" && line[0] != '#' {
				paragraph = append(paragraph, strings.Trim(line, "|-* "))
			}
		})
		end()
	}
	if paragraphs < 500 {
		t.Errorf("the pages have %d paragraphs: the test does not see them", paragraphs)
	}
}

// riddleOf returns the first listed form in a text, "" when there is none. Line breaks do not matter.
func riddleOf(riddles []*regexp.Regexp, text string) string {
	text = plain.ReplaceAllString(strings.Join(strings.Fields(text), " "), "")
	for _, r := range riddles {
		if found := r.FindString(text); found != "" {
			return found
		}
	}
	return ""
}

// plain matches the parts of a comment that are no riddle: words in quotes, and the beginning of the sentences by which
// a package says what it takes and gives.
var plain = regexp.MustCompile(`"[^"]*"|What (?:enters|leaves)\b`)

func readRiddles(t *testing.T) (riddles []*regexp.Regexp) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, riddlesFile))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r, err := regexp.Compile(line)
		if err != nil {
			t.Fatalf("%s: %v", riddlesFile, err)
		}
		riddles = append(riddles, r)
	}
	return riddles
}

func TestRiddlesAreFound(t *testing.T) {
	riddles := readRiddles(t)
	for text, riddle := range map[string]bool{
		"Whoever opens one channel after\nthe other is paced.":           true,
		"The budget is spent.\nNobody waits.":                            true,
		"A fact is stored. What the peer lacks is sent.":                 true,
		"Who asks is told.":                                              true,
		"It returns what was paid.":                                      true,
		"It returns\nwhat is left.":                                      true,
		"A peer that reopens channels quickly waits.":                    false,
		"Facts enter. What enters is a value; what leaves is a verdict.": false,
		"It says what the peer lacks, and who it is.":                    false,
		"The answer to \"what is it?\" is a status.":                     false,
	} {
		if got := riddleOf(riddles, text); (got != "") != riddle {
			t.Errorf("%q: found %q", text, got)
		}
	}
}
