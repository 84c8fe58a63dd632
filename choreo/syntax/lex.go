package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// lexer splits a text into tokens, sets comments aside and adds the braces that layout means.
type lexer struct {
	src      *Source
	pos      int
	tokens   []token
	comments []Comment
	problems Diagnostics

	lineStart int    // offset of the current line
	first     bool   // no token yet on the current line
	indents   []int  // columns of the open blocks, outermost 0
	brackets  []byte // the open brackets
	openers   []Pos  // where each of them is
}

// lex always ends with a tEOF token.
func lex(src *Source) *lexer {
	l := &lexer{src: src, first: true, indents: []int{0}}
	for l.next() {
	}
	return l
}

func (l *lexer) next() bool {
	l.blanks()
	start := l.pos
	if start >= len(l.src.Text) {
		l.end()
		return false
	}
	c := l.src.Text[start]
	switch {
	case l.at("--"):
		l.lineComment()
	case l.at("{-"):
		l.blockComment()
	case isLetter(c):
		l.emit(tIdent, l.skip(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }))
	case isDigit(c):
		l.emit(tInt, l.skip(isDigit))
	case c == '"':
		l.str()
	default:
		l.symbol()
	}
	return true
}

func (l *lexer) at(prefix string) bool { return strings.HasPrefix(l.src.Text[l.pos:], prefix) }

// skip returns the offset after the longest run of in.
func (l *lexer) skip(in func(byte) bool) int {
	i := l.pos
	for i < len(l.src.Text) && in(l.src.Text[i]) {
		i++
	}
	return i
}

func (l *lexer) blanks() {
	for ; l.pos < len(l.src.Text); l.pos++ {
		switch l.src.Text[l.pos] {
		case '\n':
			l.newline(l.pos + 1)
		case ' ', '\t', '\r':
		default:
			return
		}
	}
}

func (l *lexer) newline(start int) { l.lineStart, l.first = start, true }

func (l *lexer) problem(span Span, code, format string, args ...any) {
	l.problems = append(l.problems, Diagnostic{Source: l.src, Span: span, Code: code, Message: fmt.Sprintf(format, args...)})
}

// emit adds the token that ends before end.
func (l *lexer) emit(k kind, end int) {
	span := Span{Pos(l.pos), Pos(end)}
	t := token{kind: k, span: span, text: l.src.Slice(span), first: l.first}
	if l.first {
		l.layout(t)
	}
	l.first, l.pos = false, end
	l.tokens = append(l.tokens, t)
}

// layout opens and closes blocks before the first token of a line.
func (l *lexer) layout(t token) {
	indent := l.src.Text[l.lineStart:t.span.Start]
	if i := strings.IndexByte(indent, '\t'); i >= 0 && strings.TrimSpace(indent[:i]) == "" {
		at := Pos(l.lineStart + i)
		l.problem(Span{at, at + 1}, "Layout", "tabs are not allowed for indentation")
	}
	if len(l.brackets) > 0 || t.kind == tArrow || t.kind == tArrowAll || t.kind == tOpen {
		return
	}
	column := utf8.RuneCountInString(indent)
	at := Span{t.span.Start, t.span.Start}
	if column > l.indents[len(l.indents)-1] {
		l.indents = append(l.indents, column)
		l.tokens = append(l.tokens, token{kind: tIndent, span: at, first: true})
		return
	}
	for column < l.indents[len(l.indents)-1] {
		l.indents = l.indents[:len(l.indents)-1]
		if open := l.indents[len(l.indents)-1]; column > open {
			l.problem(t.span, "Layout", "inconsistent indentation: no open block starts at column %d", column+1)
			l.indents = append(l.indents, column) // go on in the inner block: one mistake, one message
			return
		}
		l.tokens = append(l.tokens, token{kind: tDedent, span: at, first: true})
	}
}

func (l *lexer) end() {
	at := Span{Pos(len(l.src.Text)), Pos(len(l.src.Text))}
	if n := len(l.brackets); n > 0 {
		opener := l.openers[n-1]
		l.problem(Span{opener, opener + 1}, "Layout", "%q is never closed: the file ends inside", l.brackets[n-1])
	}
	for range l.indents[1:] {
		l.tokens = append(l.tokens, token{kind: tDedent, span: at, first: true})
	}
	l.tokens = append(l.tokens, token{kind: tEOF, span: at, first: true})
}

func (l *lexer) comment(end int) {
	span := Span{Pos(l.pos), Pos(end)}
	text := strings.TrimRight(l.src.Slice(span), " \t\r")
	l.comments = append(l.comments, Comment{Span: span, Text: text, Trailing: !l.first})
	l.pos = end
}

func (l *lexer) lineComment() { l.comment(l.skip(func(c byte) bool { return c != '\n' })) }

func (l *lexer) blockComment() {
	start := l.pos
	length := strings.Index(l.src.Text[start+2:], "-}")
	if length < 0 {
		l.problem(Span{Pos(start), Pos(start + 2)}, "Layout", "this comment never ends")
		l.comment(len(l.src.Text))
		return
	}
	end := start + 2 + length + 2
	l.comment(end)
	if i := strings.LastIndexByte(l.src.Text[start:end], '\n'); i >= 0 {
		l.newline(start + i + 1)
	}
}

func (l *lexer) str() {
	start := l.pos
	end := start + 1
	for end < len(l.src.Text) && l.src.Text[end] != '"' && l.src.Text[end] != '\n' {
		end++
	}
	if end == len(l.src.Text) || l.src.Text[end] == '\n' {
		l.problem(Span{Pos(start), Pos(end)}, "Syntax", "this string has no closing quote on its line")
		l.emit(tString, end)
		l.tokens[len(l.tokens)-1].text = l.src.Text[start+1 : end]
		return
	}
	l.emit(tString, end+1)
	l.tokens[len(l.tokens)-1].text = l.src.Text[start+1 : end]
}

// double are the symbols of two characters, single those of one, by their first character.
var (
	double = map[string]kind{"->": tArrow, "=>": tFat, "..": tRange, "==": tOther, "!=": tOther, ">=": tOther, "<=": tOther, "&&": tOther, "||": tOther}
	single = [128]kind{
		'{': tOpen, '}': tClose, '(': tParen, ')': tParenEnd, '[': tBracket, ']': tBracketEnd, ',': tComma, ':': tColon,
		'=': tEqual, '|': tBar, '.': tDot, '<': tLess, '>': tGreater, '*': tStar,
	}
)

// closers maps a closing bracket to the opening one.
var closers = map[byte]byte{'}': '{', ')': '(', ']': '['}

func (l *lexer) symbol() {
	rest := l.src.Text[l.pos:]
	if strings.HasPrefix(rest, "->*") {
		l.emit(tArrowAll, l.pos+3)
		return
	}
	if strings.IndexByte("-=.!><&|", rest[0]) >= 0 && len(rest) > 1 {
		if k, ok := double[rest[:2]]; ok {
			l.emit(k, l.pos+2)
			return
		}
	}
	if rest[0] < utf8.RuneSelf && single[rest[0]] != tEOF {
		l.bracket(single[rest[0]], rest[:1])
		return
	}
	_, size := utf8.DecodeRuneInString(rest)
	l.emit(tOther, l.pos+size)
}

// bracket emits a symbol and counts the open brackets.
func (l *lexer) bracket(k kind, text string) {
	start := l.pos
	c := text[0]
	opener, closes := closers[c]
	n := len(l.brackets)
	if closes && (n == 0 || l.brackets[n-1] != opener) {
		l.problem(Span{Pos(start), Pos(start + 1)}, "Layout", "unmatched closing delimiter %q", c)
		if !slices.Contains(l.brackets, opener) {
			l.pos++ // leave it out: nothing it could close is open
			return
		}
		for l.brackets[len(l.brackets)-1] != opener {
			l.closeBracket()
		}
	}
	l.emit(k, start+len(text))
	switch {
	case closes:
		l.closeBracket()
	case k == tOpen || k == tParen || k == tBracket:
		l.brackets, l.openers = append(l.brackets, c), append(l.openers, Pos(start))
	}
}

func (l *lexer) closeBracket() {
	n := len(l.brackets) - 1
	l.brackets, l.openers = l.brackets[:n], l.openers[:n]
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
