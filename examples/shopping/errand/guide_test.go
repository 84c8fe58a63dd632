package errand_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheGuideQuotesThisExample holds every block of Go and of a protocol in docs/write-a-protocol.md against the files here.
func TestTheGuideQuotesThisExample(t *testing.T) {
	page, err := os.ReadFile("../../../docs/write-a-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, pattern := range []string{"*.go", "*.tell"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(text)
		}
	}
	blocks := regexp.MustCompile("(?s)```(?:go|tell)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 7 {
		t.Fatalf("the guide has %d blocks", len(blocks))
	}
	for _, b := range blocks {
		if !strings.Contains(code.String(), b[1]) {
			t.Errorf("the guide shows code that the example does not have:\n%s", b[1])
		}
	}
}
