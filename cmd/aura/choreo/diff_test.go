package choreo

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Applying a difference to the old text gives the new one, and both are in it line by line.
func TestDifferencesLeadFromOneTextToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "\n"}), 0, 40).Draw(t, "lines"), "")
		})
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		var left, right strings.Builder
		for _, e := range lineEdits(textLines(before), textLines(after)) {
			if e.op != '+' {
				left.WriteString(e.line)
			}
			if e.op != '-' {
				right.WriteString(e.line)
			}
		}
		if left.String() != before || right.String() != after {
			t.Fatalf("from %q to %q", left.String(), right.String())
		}
		if diff := unifiedDiff("x", before, after); (diff == "") != (before == after) {
			t.Fatalf("%q", diff)
		}
	})
}

func TestADifferenceShowsThreeLinesAround(t *testing.T) {
	lines := strings.Split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", " ")
	before := strings.Join(lines, "\n") + "\n"
	lines[4], lines[14] = "five", "fifteen"
	want := `--- n
+++ n
@@ -2,7 +2,7 @@
 2
 3
 4
-5
+five
 6
 7
 8
@@ -12,5 +12,5 @@
 12
 13
 14
-15
+fifteen
 16
`
	if got := unifiedDiff("n", before, strings.Join(lines, "\n")+"\n"); got != want {
		t.Errorf("got:\n%s", got)
	}
}
