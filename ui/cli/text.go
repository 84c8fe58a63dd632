package cli

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxMarks is how many combining marks on one letter are printed. No script needs as many; more of them are
// there to cover the lines around.
const maxMarks = 8

// clean replaces what would steer a terminal or spoil the text around it: control characters except line
// breaks and tabs, the marks of writing direction, and piles of combining marks.
func clean(text string) string {
	marks := 0
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case marks > maxMarks+1:
			return -1
		case marks > maxMarks:
			return unicode.ReplacementChar
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(text, "\r\n", "\n"))
}

// oneLine is clean without line breaks, for text that must not pretend to be a line of its own.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(clean(text), func(r rune) bool { return r == '\n' }), " ")
}

// beginning returns the first words of a text, on one line.
func beginning(text string) string {
	const most = 40
	letters := []rune(oneLine(text))
	if len(letters) <= most {
		return string(letters)
	}
	return string(letters[:most-1]) + "…"
}

// body returns a message's text for a terminal: each further line is indented, so that no line of a message
// can look like another message.
func body(text string) string {
	return strings.ReplaceAll(strings.TrimRight(clean(text), "\n"), "\n", "\n    ")
}

// clock returns a time for a person: where the person is, without the date when it is the same day as now.
func clock(at, now time.Time) string {
	at, now = at.Local(), now.Local()
	if at.Year() == now.Year() && at.YearDay() == now.YearDay() {
		return at.Format("15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// count returns a number with its noun: "1 fact", "2 facts".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// span returns a duration for a person, in at most two units: "7d", "2h5m", "250ms".
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	units := []struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	for i, u := range units {
		if d < u.length {
			continue
		}
		text := strconv.Itoa(int(d/u.length)) + u.name
		if i+1 < len(units) {
			if rest := d % u.length / units[i+1].length; rest > 0 {
				text += strconv.Itoa(int(rest)) + units[i+1].name
			}
		}
		return text
	}
	return ""
}
