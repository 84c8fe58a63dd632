package shopping_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheGuidesQuoteThisExample holds every block of code of the guides against the files here.
func TestTheGuidesQuoteThisExample(t *testing.T) {
	block := regexp.MustCompile("(?s)```(?:go|tell)\n(.*?)```")
	for page, guide := range map[string]struct {
		files  []string
		blocks int // at least
	}{
		"build-an-app.md":     {[]string{"*.go", "cmd/shopping/main.go"}, 5},
		"write-a-protocol.md": {[]string{"errand/*.go", "errand/*.tell"}, 7},
	} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		var code strings.Builder
		for _, pattern := range guide.files {
			files, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range files {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				code.Write(b)
			}
		}
		blocks := block.FindAllStringSubmatch(string(text), -1)
		if len(blocks) < guide.blocks {
			t.Errorf("%s has %d blocks of code", page, len(blocks))
		}
		for _, b := range blocks {
			if !strings.Contains(code.String(), b[1]) {
				t.Errorf("%s shows code that the example does not have:\n%s", page, b[1])
			}
		}
	}
}
