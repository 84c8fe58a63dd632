package arch_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// link is an inline Markdown link; the target ends before a title.
var link = regexp.MustCompile(`\]\(([^)\s]+)[^)]*\)`)

func TestLinksInTheDocumentsLead(t *testing.T) {
	walk(t, func(file string) {
		if path.Ext(file) != ".md" {
			return
		}
		for _, target := range linksOf(t, file) {
			to, err := url.Parse(target)
			if err != nil {
				t.Errorf("%s: the link %s cannot be read", file, target)
				continue
			}
			if to.Scheme != "" || to.Host != "" {
				continue // No test leaves this machine.
			}
			where := file
			if to.Path != "" {
				where = path.Join(path.Dir(file), to.Path)
			}
			if _, err := os.Stat(filepath.Join(root, where)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", file, target)
			} else if to.Fragment != "" && path.Ext(where) == ".md" && !anchors(t, where)[to.Fragment] {
				t.Errorf("%s: the link %s names a heading that %s does not have", file, target, where)
			}
		}
	})
}

// linksOf returns the targets of the links outside code.
func linksOf(t *testing.T, file string) []string {
	var targets []string
	prose(t, file, func(line string) {
		for _, m := range link.FindAllStringSubmatch(withoutCode(line), -1) {
			targets = append(targets, m[1])
		}
	})
	return targets
}

// anchors returns the fragments that the headings of a document have on the usual hosts: lower case, spaces as
// hyphens, other punctuation dropped.
func anchors(t *testing.T, file string) map[string]bool {
	found := map[string]bool{}
	prose(t, file, func(line string) {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			return
		}
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))] = true
	})
	return found
}

// prose visits the lines of a document that are not in a fenced block.
func prose(t *testing.T, file string, visit func(line string)) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	fenced := false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		} else if !fenced {
			visit(strings.TrimRight(line, "\n"))
		}
	}
}

// withoutCode drops `code` from a line.
func withoutCode(line string) string {
	parts := strings.Split(line, "`")
	var out strings.Builder
	for i := 0; i < len(parts); i += 2 {
		out.WriteString(parts[i])
	}
	return out.String()
}
