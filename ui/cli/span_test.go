package cli

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSpansAreReadAsTheyArePrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// The printed text has two units, and parses to the same span.
		printed := span(time.Duration(rapid.Int64Range(int64(time.Second), int64(90*24*time.Hour)).Draw(t, "d")))
		d, err := parseSpan(printed)
		if err != nil || span(d) != printed {
			t.Fatalf("%s is read as %s, %v", printed, span(d), err)
		}
	})
	for text, want := range map[string]time.Duration{
		"7d": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour, "30s": 30 * time.Second, "0s": 0, "1h30m": 90 * time.Minute,
	} {
		if d, err := parseSpan(text); err != nil || d != want {
			t.Errorf("%s: %s, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "d", "7", "-1d", "1d-2h", "1d25h", "7x", "99999999999d", "1d2d"} {
		if d, err := parseSpan(text); err == nil {
			t.Errorf("%q is read as %s", text, d)
		}
	}
}
