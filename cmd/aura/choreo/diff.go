package choreo

import (
	"fmt"
	"strings"
)

const (
	// diffContext is how many unchanged lines stand around a change.
	diffContext = 3
	// maxDiffCells bounds the search for the least difference; beyond it everything between the first and the
	// last change counts as changed.
	maxDiffCells = 4 << 20
)

// edit is a line of a difference: kept (' '), removed ('-') or added ('+').
type edit struct {
	op   byte
	line string
}

// unifiedDiff returns the difference between two texts in the form that patch reads; "" if there is none.
func unifiedDiff(name, before, after string) string {
	if before == after {
		return ""
	}
	edits := lineEdits(textLines(before), textLines(after))
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", name, name)
	oldLine, newLine := 1, 1 // of edits[at]
	for at := 0; at < len(edits); {
		end := hunkEnd(edits, at)
		if end == at { // unchanged, and far from any change
			at, oldLine, newLine = at+1, oldLine+1, newLine+1
			continue
		}
		removed, added := writeHunk(&b, edits[at:end], oldLine, newLine)
		at, oldLine, newLine = end, oldLine+removed, newLine+added
	}
	return b.String()
}

// hunkEnd returns where the hunk that begins at at ends, or at if none begins there.
func hunkEnd(edits []edit, at int) int {
	end, quiet := at, 0
	for i := at; i < len(edits); i++ {
		if edits[i].op != ' ' {
			end, quiet = min(i+1+diffContext, len(edits)), 0
			continue
		}
		quiet++
		if end == at && quiet > diffContext || quiet > 2*diffContext {
			break
		}
	}
	return end
}

func writeHunk(b *strings.Builder, edits []edit, oldLine, newLine int) (removed, added int) {
	for _, e := range edits {
		if e.op != '+' {
			removed++
		}
		if e.op != '-' {
			added++
		}
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", hunkRange(oldLine, removed), hunkRange(newLine, added))
	for _, e := range edits {
		b.WriteByte(e.op)
		b.WriteString(e.line)
		if !strings.HasSuffix(e.line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
	return removed, added
}

// hunkRange writes a first line and a number of lines; an empty range names the line before it.
func hunkRange(line, n int) string {
	if n == 0 {
		line--
	}
	return fmt.Sprintf("%d,%d", line, n)
}

// textLines splits a text after each line break.
func textLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	return lines
}

// lineEdits turns a into b by way of a longest common subsequence.
func lineEdits(a, b []string) []edit {
	var head, tail []edit
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head, a, b = append(head, edit{' ', a[0]}), a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail, a, b = append(tail, edit{' ', a[len(a)-1]}), a[:len(a)-1], b[:len(b)-1]
	}
	out := append(head, middleEdits(a, b)...)
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

func middleEdits(a, b []string) []edit {
	var out []edit
	i, j := 0, 0
	if len(a)*len(b) <= maxDiffCells {
		common := commonLengths(a, b)
		for i < len(a) && j < len(b) {
			switch {
			case a[i] == b[j]:
				out = append(out, edit{' ', a[i]})
				i, j = i+1, j+1
			case common[i+1][j] >= common[i][j+1]:
				out = append(out, edit{'-', a[i]})
				i++
			default:
				out = append(out, edit{'+', b[j]})
				j++
			}
		}
	}
	for ; i < len(a); i++ {
		out = append(out, edit{'-', a[i]})
	}
	for ; j < len(b); j++ {
		out = append(out, edit{'+', b[j]})
	}
	return out
}

// commonLengths[i][j] is the length of a longest common subsequence of a[i:] and b[j:].
func commonLengths(a, b []string) [][]int32 {
	cells := make([]int32, (len(a)+1)*(len(b)+1))
	rows := make([][]int32, len(a)+1)
	for i := range rows {
		rows[i] = cells[i*(len(b)+1) : (i+1)*(len(b)+1)]
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				rows[i][j] = rows[i+1][j+1] + 1
			} else {
				rows[i][j] = max(rows[i+1][j], rows[i][j+1])
			}
		}
	}
	return rows
}
