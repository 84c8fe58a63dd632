package syntax

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a text: the offset in bytes from its start.
type Pos int32

// Span is the text from Start up to, and without, End.
type Span struct{ Start, End Pos }

// Source is a text and the name it goes by in messages.
type Source struct {
	Name, Text string
	lines      []Pos // where each line starts
}

// NewSource indexes text.
func NewSource(name, text string) *Source {
	s := &Source{Name: name, Text: text, lines: []Pos{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, Pos(i+1))
		}
	}
	return s
}

// Position returns the line and the column of p, both counted from 1, the column in characters.
func (s *Source) Position(p Pos) (line, column int) {
	p = max(0, min(p, Pos(len(s.Text))))
	line = s.line(p)
	return line, utf8.RuneCountInString(s.Text[s.lines[line-1]:p]) + 1
}

// Line returns the text of the line with the given number, from 1, without its line break.
func (s *Source) Line(number int) string {
	text := s.Text[s.lines[number-1]:]
	if end := strings.IndexByte(text, '\n'); end >= 0 {
		text = text[:end]
	}
	return strings.TrimSuffix(text, "\r")
}

// Slice returns the text of a span.
func (s *Source) Slice(span Span) string { return s.Text[span.Start:span.End] }

func (s *Source) line(p Pos) int {
	return sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > p })
}
