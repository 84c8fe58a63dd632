package draw

import (
	"bytes"
	"fmt"
	"html"
	"unicode/utf8"
)

const (
	// maxDrawn bounds the rows of a sequence and the states of a machine.
	maxDrawn = 2000
	// letter is about the width of a character of the font, in pixels.
	letter = 7
	margin = 24
)

// canvas collects shapes and knows how far they reach.
type canvas struct {
	body          bytes.Buffer
	width, height int
}

func (c *canvas) reach(x, y int) {
	c.width, c.height = max(c.width, x+margin), max(c.height, y+margin)
}

func (c *canvas) add(format string, args ...any) {
	fmt.Fprintf(&c.body, format, args...)
	c.body.WriteByte('\n')
}

// text writes s with its middle, start or end at x. Anything may stand in s.
func (c *canvas) text(x, y int, anchor, class, s string) {
	end := x
	if anchor == "start" {
		end += width(s)
	}
	c.reach(end, y)
	c.add(`<text x="%d" y="%d" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class, html.EscapeString(s))
}

func (c *canvas) line(x1, y1, x2, y2 int, class string) {
	c.reach(max(x1, x2), max(y1, y2))
	c.add(`<line x1="%d" y1="%d" x2="%d" y2="%d" class="%s"/>`, x1, y1, x2, y2, class)
}

func (c *canvas) box(x, y, w, h int, class string) {
	c.reach(x+w, y+h)
	c.add(`<rect x="%d" y="%d" width="%d" height="%d" rx="4" class="%s"/>`, x, y, w, h, class)
}

const style = `<style>
text{font:13px sans-serif;fill:#222}
.name{font-weight:bold}
.note{font-size:11px;fill:#666}
.label{font-size:12px}
.label,.note{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.life{stroke:#bbb;stroke-dasharray:4 4}
.arrow{stroke:#246;stroke-width:1.5;fill:none;marker-end:url(#tip)}
.head,.state{fill:#eef3fa;stroke:#246}
.final{fill:#fff;stroke:#246;stroke-width:3}
.frame{fill:none;stroke:#999}
.section{stroke:#999;stroke-dasharray:2 3}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#246"/></marker></defs>`

// document returns the whole picture.
func (c *canvas) document(title string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`, c.width, c.height, c.width, c.height)
	fmt.Fprintf(&out, "\n<title>%s</title>\n%s\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(title), style)
	out.Write(c.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func width(s string) int { return letter * utf8.RuneCountInString(s) }
