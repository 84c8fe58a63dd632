package draw

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// Message is an arrow of a [Story]: a message that was sent.
type Message struct {
	From, To choreo.Role
	Label    string
	Note     string // what belongs to it, such as why it was allowed; "": nothing
}

// Story is what happened in one run of a protocol.
type Story struct {
	Title    string
	Roles    []choreo.Role // from left to right; others that act follow
	Messages []Message     // from top to bottom
}

// check returns all roles of the story. It returns aura.Exhausted for one with more than 2,000 messages.
func (s *Story) check(op aura.Op) ([]choreo.Role, error) {
	if len(s.Messages) > maxDrawn {
		return nil, aura.Errorf(op, aura.Exhausted, "the picture would have more than %d messages", maxDrawn)
	}
	roles := slices.Clone(s.Roles)
	for _, m := range s.Messages {
		for _, r := range []choreo.Role{m.From, m.To} {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	return roles, nil
}

// SVG draws the story like [Sequence], with each note below its arrow.
func (s *Story) SVG() ([]byte, error) {
	roles, err := s.check("draw.SVG")
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(s.Messages))
	for i, m := range s.Messages {
		rows[i] = row{kind: rowMessage, from: m.From, to: m.To, text: m.Label, note: m.Note}
	}
	return render(s.Title, roles, rows), nil
}

// Text draws the story with characters: a column for each role, and each note behind its arrow.
func (s *Story) Text() ([]byte, error) {
	roles, err := s.check("draw.Text")
	if err != nil {
		return nil, err
	}
	lane := 12
	for _, r := range roles {
		lane = max(lane, utf8.RuneCountInString(string(r))+3)
	}
	for _, m := range s.Messages {
		from, to := slices.Index(roles, m.From), slices.Index(roles, m.To)
		lane = max(lane, (utf8.RuneCountInString(m.Label)+6)/max(from-to, to-from, 1)+1)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n", s.Title)
	names := newLine(len(roles), lane, ' ')
	for i, r := range roles {
		names.centre(lane/2+i*lane, string(r))
	}
	names.write(&b, "")
	for _, m := range s.Messages {
		arrow(len(roles), lane, slices.Index(roles, m.From), slices.Index(roles, m.To), m.Label).write(&b, m.Note)
	}
	newLine(len(roles), lane, '│').write(&b, "")
	return b.Bytes(), nil
}

// arrow is a line with an arrow between two columns and its label in the middle.
func arrow(roles, lane, from, to int, label string) line {
	l := newLine(roles, lane, '│')
	begin, end := lane/2+from*lane, lane/2+to*lane
	step := 1
	if begin > end {
		step = -1
	}
	for x := begin + step; x != end && begin != end; x += step {
		l[x] = '─'
	}
	switch {
	case begin < end:
		l[end-1] = '▶'
	case begin > end:
		l[end+1] = '◀'
	}
	l.centre((begin+end)/2, " "+label+" ")
	return l
}

// line is a row of characters.
type line []rune

// newLine returns a row with a mark in each column.
func newLine(roles, lane int, mark rune) line {
	l := line(strings.Repeat(" ", lane*max(roles, 1)))
	for i := range roles {
		l[lane/2+i*lane] = mark
	}
	return l
}

// centre writes a text around a place, as far as it fits.
func (l line) centre(at int, text string) {
	begin := max(at-utf8.RuneCountInString(text)/2, 0)
	for i, r := range []rune(text) {
		if begin+i < len(l) {
			l[begin+i] = r
		}
	}
}

func (l line) write(b *bytes.Buffer, note string) {
	if note != "" {
		fmt.Fprintf(b, "%s  %s\n", string(l), note)
		return
	}
	fmt.Fprintf(b, "%s\n", strings.TrimRight(string(l), " "))
}
