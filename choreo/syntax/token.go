package syntax

// kind is the kind of a token. The numbers never leave the process.
type kind uint8

const (
	tEOF kind = iota
	tIdent
	tInt
	tString
	tOpen       // { written out
	tClose      // } written out
	tIndent     // { made by layout
	tDedent     // } made by layout
	tParen      // (
	tParenEnd   // )
	tBracket    // [
	tBracketEnd // ]
	tComma
	tColon
	tEqual
	tBar
	tDot
	tRange   // ..
	tLess    // <
	tGreater // >
	tStar
	tArrow    // ->
	tArrowAll // ->*
	tFat      // =>
	tOther    // an operator of predicates, or a character that only opaque text may contain
)

var kindNames = [...]string{
	tEOF: "the end of the file", tIdent: "a name", tInt: "a number", tString: "a string in quotes",
	tOpen: `"{"`, tClose: `"}"`, tIndent: "an indented block", tDedent: "the end of the block",
	tParen: `"("`, tParenEnd: `")"`, tBracket: `"["`, tBracketEnd: `"]"`, tComma: `","`, tColon: `":"`,
	tEqual: `"="`, tBar: `"|"`, tDot: `"."`, tRange: `".."`, tLess: `"<"`, tGreater: `">"`, tStar: `"*"`,
	tArrow: `"->"`, tArrowAll: `"->*"`, tFat: `"=>"`, tOther: "a symbol",
}

func (k kind) String() string { return kindNames[k] }

// opens returns 1 for the beginning of a block or bracket, -1 for an end and 0 for all else.
func (k kind) opens() int {
	switch k {
	case tIndent, tOpen, tParen, tBracket:
		return 1
	case tDedent, tClose, tParenEnd, tBracketEnd:
		return -1
	}
	return 0
}

// token is one word of the text. Layout tokens have an empty span at the word that caused them.
type token struct {
	kind kind
	span Span
	text string // the text itself; for a string, the text between the quotes
	// first is whether the token is the first of its line.
	first bool
}

// Comment is a comment as written, with its "--" or "{-" and "-}".
type Comment struct {
	Span Span
	Text string
	// Trailing is whether code comes before it on its line.
	Trailing bool
}
