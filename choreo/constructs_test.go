package choreo_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura/choreo"
)

// constructs are those of the language, each with a line that uses it.
var constructs = map[string]string{
	"module":             `^module`,
	"import":             `^import`,
	"proof bundle":       `^proof_bundle`,
	"execution profile":  `^profile`,
	"agreement profile":  `^agreement_profile`,
	"role set":           `^role_set`,
	"subset":             `^role_set .* subset`,
	"ring":               `^ring`,
	"cluster":            `^cluster`,
	"mesh":               `^mesh`,
	"type alias":         `^type alias`,
	"type":               `^type [A-Z]`,
	"effect":             `^effect`,
	"authoritative":      `^  authoritative [a-z]+ :`,
	"observe":            `^  observe [a-z]+ :`,
	"fragment":           `^fragment`,
	"operation":          `^operation`,
	"guest runtime":      `^guest runtime`,
	"requires":           `^protocol .* requires`,
	"uses":               `^protocol .* uses`,
	"under":              `^protocol .* under`,
	"roles":              `^  roles`,
	"family":             `roles .*\[N\]|roles .*\[[0-9]+\]`,
	"member":             `[A-Za-z]+\[[0-9]+\] (->|:)`,
	"range":              `\[[0-9]+\.\.`,
	"wildcard":           `\[\*\]`,
	"send":               `^ +[A-Z][a-z]* -> `,
	"payload":            `-> .* : [A-Za-z]+ of `,
	"annotations":        `^ +[A-Z][a-z]* \{`,
	"broadcast":          `->\*`,
	"choice":             `^  choice`,
	"branch":             `^ +\| [A-Z]`,
	"predicate guard":    `when \(`,
	"evidence guard":     `when check .* yields`,
	"par":                `^  par`,
	"loop decide":        `loop decide by`,
	"loop repeat":        `loop repeat`,
	"loop while":         `loop while`,
	"loop forever":       `loop forever`,
	"rec":                `^ +rec `,
	"continue":           `continue `,
	"call":               `call `,
	"helper":             `^  protocol`,
	"begin":              `^  begin`,
	"await":              `^  await`,
	"resolve":            `^  resolve`,
	"invalidate":         `^  invalidate`,
	"authoritative let":  `authoritative let`,
	"observe let":        `observe let`,
	"let":                `^  let`,
	"check":              `= check `,
	"observe expression": `= observe `,
	"transfer":           `= transfer `,
	"case":               `^ *case `,
	"timeout":            `timeout [0-9]`,
	"on timeout":         `on timeout =>`,
	"publish":            `^  publish [a-z0-9]+(\(v\))?$`,
	"publish as":         `publish .* as `,
	"materialize":        `materialize `,
	"handoff":            `handoff `,
	"dependent work":     `dependent work`,
}

// A construct has a choreography that uses it and is accepted, and a diagnostic that points at a line with it.
func TestEveryConstructHasAPassingAndAFailingExample(t *testing.T) {
	var accepted, refused []string
	corpus(t, "pass", func(_ testing.TB, _, text string) {
		accepted = append(accepted, strings.Split(text, "\n")...)
	})
	corpus(t, "fail", func(_ testing.TB, name, text string) {
		_, problems := choreo.Load(name, text)
		for _, d := range problems {
			line, _ := d.Source.Position(d.Span.Start)
			refused = append(refused, d.Source.Line(line))
		}
	})
	for name, pattern := range constructs {
		uses := regexp.MustCompile(pattern).MatchString
		if !slices.ContainsFunc(accepted, uses) {
			t.Errorf("no choreography of testdata/pass uses %s (%s)", name, pattern)
		}
		if !slices.ContainsFunc(refused, uses) {
			t.Errorf("no diagnostic of testdata/fail points at %s (%s)", name, pattern)
		}
	}
}
