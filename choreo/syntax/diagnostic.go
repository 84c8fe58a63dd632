package syntax

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
)

// Diagnostic is one problem and where it is.
type Diagnostic struct {
	Source *Source
	Span   Span
	// Code is a stable name of the kind of problem, for example "UndefinedRole".
	Code string
	// Message describes the problem, in one line.
	Message string
	// Hint says how to mend it; "" if that is plain.
	Hint string
}

// String renders the problem with its line and a caret under the place:
//
//	shop.tell:4:11: UndefinedRole: role Shopp is not declared
//	  --> shop.tell:4:11
//	   |
//	 4 |   Cust -> Shopp : Ask
//	   |           ^^^^^
//	   = did you mean Shop?
func (d Diagnostic) String() string {
	line, column := d.Source.Position(d.Span.Start)
	text := d.Source.Line(line)
	margin := strings.Repeat(" ", len(fmt.Sprint(line)))
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s: %s\n", d.Source.Name, line, column, d.Code, d.Message)
	fmt.Fprintf(&b, "%s--> %s:%d:%d\n", margin, d.Source.Name, line, column)
	text, at := window(text, column)
	fmt.Fprintf(&b, "%s |\n%d | %s\n%s | %s\n", margin, line, text, margin, underline(text, at, d.Span))
	if d.Hint != "" {
		fmt.Fprintf(&b, "%s = %s\n", margin, d.Hint)
	}
	return b.String()
}

// window returns the part of a long line that is worth showing, with "…" for omitted text, and the column in it
// of the given column.
func window(line string, column int) (shown string, at int) {
	const before, most = 60, 160 // in characters
	if utf8.RuneCountInString(line) <= most {
		return line, column
	}
	from := max(0, column-1-before)
	start := offset(line, from)
	end := start + offset(line[start:], most)
	shown, at = line[start:end], column-from
	if from > 0 {
		shown, at = "…"+shown, at+1
	}
	if end < len(line) {
		shown += "…"
	}
	return shown, at
}

// offset returns where the nth character of a text begins, or its length.
func offset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

// underline puts carets under the part of the span that lies on the line, keeping tabs so that they align.
func underline(line string, column int, span Span) string {
	var b strings.Builder
	rest := line
	for range column - 1 {
		r, size := utf8.DecodeRuneInString(rest)
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
		rest = rest[size:]
	}
	width := min(int(span.End-span.Start), len(rest))
	b.WriteString(strings.Repeat("^", max(1, utf8.RuneCountInString(rest[:max(0, width)]))))
	return b.String()
}

// Diagnostics are the problems of one run, in the order of the text.
type Diagnostics []Diagnostic

// Err returns nil if there are no problems, and otherwise an aura.Invalid error that prints all of them.
func (ds Diagnostics) Err(op aura.Op) error {
	if len(ds) == 0 {
		return nil
	}
	return &aura.Error{Op: op, Kind: aura.Invalid, Err: ds}
}

// Error renders all problems, one after the other.
func (ds Diagnostics) Error() string {
	texts := make([]string, len(ds))
	for i, d := range ds {
		texts[i] = d.String()
	}
	return strings.Join(texts, "\n")
}

// Sorted returns the problems in the order of the text, each once.
func (ds Diagnostics) Sorted() Diagnostics {
	out := slices.Clone(ds)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.Span == b.Span && a.Code == b.Code && a.Message == b.Message
	})
}
