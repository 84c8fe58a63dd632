package gen

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aura-runtime/aura/choreo"
)

// Doc writes the file doc.go of a package that holds the endpoints of one protocol and nothing else. Its text is
// the comment at the head of the choreography. It returns aura.Invalid if the package's name is none.
func Doc(p *choreo.Protocol, opts Options) ([]byte, error) {
	const op = "gen.Doc"
	if err := opts.complete(op, p); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(header(p) + "\n\n")
	b.WriteString("// Package " + opts.Package + " lets a role play its part in the protocol " + p.QualifiedName() + ".\n")
	if about := head(p); len(about) > 0 {
		b.WriteString("//\n")
		for _, line := range about {
			b.WriteString(strings.TrimRight("// "+line, " ") + "\n")
		}
	}
	b.WriteString("//\n// Begin with the Start function of the role. The messages and their order are in " + p.File.Source.Name + ".\n")
	b.WriteString("package " + opts.Package + "\n")
	return formatted(op, []byte(b.String()))
}

// header is the line by which tools know a generated file.
func header(p *choreo.Protocol) string {
	return "// Code generated from the protocol " + p.QualifiedName() + " by aura choreo. DO NOT EDIT."
}

// head returns the lines of the comments before the first blank line or code, without their marks.
func head(p *choreo.Protocol) []string {
	source := p.File.Source
	var lines []string
	end := 0 // of the text taken
	for _, c := range p.File.Comments {
		between := source.Text[end:c.Span.Start]
		if strings.TrimSpace(between) != "" || strings.Count(between, "\n") > 1 {
			break
		}
		end = int(c.Span.End)
		text := strings.TrimPrefix(c.Text, "--")
		if block, ok := strings.CutPrefix(c.Text, "{-"); ok {
			text = strings.TrimSuffix(block, "-}")
		}
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, strings.TrimSpace(strings.Map(inComment, line)))
		}
	}
	return lines
}

// inComment drops characters that a line of Go may not have.
func inComment(r rune) rune {
	const mark = '\ufeff' // of the byte order
	if unicode.IsControl(r) || r == utf8.RuneError || r == mark {
		return -1
	}
	return r
}
