package syntax_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aura-runtime/aura/choreo/syntax"
)

var update = flag.Bool("update", false, "rewrite golden files")

func everything(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "everything.tell"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryConstructParsesAndFormats(t *testing.T) {
	got, problems := syntax.Format("everything.tell", everything(t))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	golden := filepath.Join("testdata", "everything.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("formatted text (-want +got):\n%s", diff)
	}
}

func TestFormattingIsIdempotentAndKeepsWhatIsSaid(t *testing.T) {
	text := everything(t)
	checkFormat(t, text)
	for _, small := range []string{
		"protocol P =\n  roles A, B\n  A -> B : M -- one\n  -- two\n\n\n  -- three\n  A -> B : N\n-- four\n",
		"protocol P = { roles A, B A -> B : {- odd -} M }",
		"protocol P =\n  roles A, B\n  {- x\n  y -}\n  A -> B : M {- z\n w -}\n",
		"protocol P =\n  roles A, B\n  choice A at -- why\n    | L => -- because\n      A -> B : L\n      -- last\n    | R => {}\n",
		"-- only a comment\nprotocol P = {}",
		"protocol P =\n  roles A, B\n  choice A at\n    | L => rec X\n        A -> B : L\n        continue X\n    | R => A -> B : " + strings.Repeat("R", 95) + "\n",
	} {
		checkFormat(t, small)
	}
}

// checkFormat formats text, and fails if the result does not parse, changes when formatted again, or
// lost a comment.
func checkFormat(t *testing.T, text string) {
	t.Helper()
	once, problems := syntax.Format("text", text)
	if len(problems) > 0 {
		t.Fatalf("%s\n%s", text, problems)
	}
	twice, problems := syntax.Format("once", once)
	if len(problems) > 0 {
		t.Fatalf("formatted text does not parse:\n%s\n%s", once, problems)
	}
	if diff := cmp.Diff(once, twice); diff != "" {
		t.Errorf("formatting again changes (-once +twice):\n%s\nof\n%s", diff, text)
	}
	if diff := cmp.Diff(comments(text), comments(once)); diff != "" {
		t.Errorf("comments (-before +after):\n%s\nof\n%s", diff, text)
	}
	before, _ := syntax.Parse("text", text)
	after, _ := syntax.Parse("once", once)
	if diff := cmp.Diff(before, after, said()...); diff != "" {
		t.Errorf("formatting says something else (-before +after):\n%s\nof\n%s", diff, text)
	}
}

// said compares files by their content, independent of positions.
func said() []cmp.Option {
	return []cmp.Option{
		cmpopts.IgnoreTypes(syntax.Span{}), cmpopts.IgnoreFields(syntax.File{}, "Source", "Comments"), cmpopts.EquateEmpty(),
	}
}

func comments(text string) []string {
	f, _ := syntax.Parse("", text)
	var out []string
	for _, c := range f.Comments {
		out = append(out, c.Text)
	}
	return out
}

func TestProblemsHaveCodePositionAndCaret(t *testing.T) {
	_, problems := syntax.Parse("shop.tell", "protocol Buy =\n  roles A, B\n  A -> : M\n  A -> B\n  B -> A : Fine\n  A => B : M\n")
	var got []string
	for _, d := range problems {
		got = append(got, d.String())
	}
	want := []string{
		"shop.tell:3:8: Syntax: expected a role, found \":\"\n --> shop.tell:3:8\n  |\n3 |   A -> : M\n  |        ^\n",
		"shop.tell:5:3: Syntax: expected \":\", found \"B\"\n --> shop.tell:5:3\n  |\n5 |   B -> A : Fine\n  |   ^\n",
		"shop.tell:6:5: Syntax: expected \"->\", found \"=>\"\n --> shop.tell:6:5\n  |\n6 |   A => B : M\n  |     ^^\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALongLineIsShownWhereTheProblemIs(t *testing.T) {
	blanks := strings.Repeat(" ", 300)
	_, problems := syntax.Parse("long.tell", "protocol P =\n  roles A, B\n  A"+blanks+"- B"+blanks+": Hello\n")
	if len(problems) == 0 {
		t.Fatal("it was accepted")
	}
	lines := strings.Split(problems[0].String(), "\n")
	if shown := lines[3]; len(shown) > 180 || !strings.HasPrefix(shown, "3 | …") || !strings.HasSuffix(shown, "…") {
		t.Errorf("shown is %q", shown)
	}
	if column := strings.IndexByte(lines[4], '^'); []rune(lines[3])[column] != '-' {
		t.Errorf("the caret does not point at the dash:\n%s", problems[0])
	}
}

func TestMistakesAreRefused(t *testing.T) {
	body := func(s string) string { return "protocol P =\n  roles A, B\n  " + s + "\n" }
	for _, c := range []struct{ name, text, code, says string }{
		{"tab", "protocol P =\n\tA -> B : M\n", "Layout", "tabs"},
		{"dedent to nowhere", "protocol P =\n    roles A, B\n  A -> B : M\n", "Layout", "inconsistent indentation"},
		{"closer without opener", body("A -> B : M )"), "Layout", "unmatched closing delimiter"},
		{"wrong closer", body("A -> B : M ( ]"), "Layout", "unmatched closing delimiter"},
		{"open at end", body("A -> B : M ("), "Layout", "ends inside"},
		{"open comment", body("{- A -> B : M"), "Layout", "never ends"},
		{"open string", body(`A { k : "x } -> B : M`), "Syntax", "closing quote"},
		{"leading underscore", body("_A -> B : M"), "Syntax", "expected a statement"},
		{"one par branch", body("par\n    | A -> B : M"), "Syntax", "two branches"},
		{"empty parentheses", body("choice A at\n    | L => ( )"), "Syntax", "may not be empty"},
		{"bytecode word", body("delegate A"), "Syntax", "protocol machine"},
		{"number as condition", body("choice A at\n    | L when (x + 1) => A -> B : L"), "InvalidCondition", "true or false"},
		{"huge number", body("loop repeat 99999999999\n    A -> B : M"), "Syntax", "too large"},
		{"deeper line", body("A -> B : M\n    B -> A : N"), "Syntax", "deeper"},
		{"no protocol", "module a exposing (b)\n", "EmptyChoreography", "no protocol"},
		{"two protocols", "protocol A = {}\nprotocol B = {}\n", "DuplicateProtocol", "already"},
		{"unknown declaration", "protcol A = {}\n", "Syntax", "begins no declaration"},
		{"unit of time", body("timeout 5x A at\n    A -> B : M\n  on timeout => A -> B : L"), "Syntax", "unit of time"},
		{"choice without at", body("choice A\n    | L => A -> B : L"), "Syntax", `expected "at"`},
		{"decide without by", body("loop decide A\n    A -> B : M"), "Syntax", `expected "by"`},
		{"timeout without at", body("timeout 5s A\n    A -> B : M\n  on timeout => A -> B : L"), "Syntax", `expected "at"`},
		{"timeout without on", body("timeout 5s A at\n    A -> B : M\n  timeout => A -> B : L"), "Syntax", `expected "on"`},
		{"module without exposing", "module a (b)\nprotocol A = {}\n", "Syntax", `expected "exposing"`},
		{"deep nesting", body(strings.Repeat("rec X { ", 300)), "TooDeep", "nesting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := syntax.Parse("p.tell", c.text)
			for _, d := range problems {
				if d.Code == c.code && strings.Contains(d.Message, c.says) {
					return
				}
			}
			t.Errorf("no %s that says %q in:\n%v", c.code, c.says, problems)
		})
	}
}

func TestOneMistakeDoesNotHideOrCauseOthers(t *testing.T) {
	text := "protocol P =\n  roles A, B\n  choice A at\n    | One => A -> : M\n    | Two => A -> B : Two\n    | Three A -> B\n  A -> B : Fine\n  loop sideways\n    A -> B : M\n  B -> A : Fine\n  continue\n"
	_, problems := syntax.Parse("p.tell", text)
	var lines []int
	for _, d := range problems {
		line, _ := d.Source.Position(d.Span.Start)
		lines = append(lines, line)
	}
	if diff := cmp.Diff([]int{4, 6, 8, 12}, lines); diff != "" {
		t.Errorf("lines of problems (-want +got):\n%s\n%v", diff, problems)
	}
}

func TestABlockBeginsWithoutAnEmptyLine(t *testing.T) {
	want := "protocol P =\n  roles A, B\n\n  rec X\n    A -> B : M\n\n    continue X\n"
	got, problems := syntax.Format("p.tell", "protocol P =\n\n  roles A, B\n\n  rec X\n\n\n    A -> B : M\n\n\n    continue X\n")
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
		t.Errorf("(-want +got):\n%s\n%v", diff, problems)
	}
}

func TestExplicitBracesMeanTheSameAsLayout(t *testing.T) {
	layout := "protocol P =\n  roles A, B\n  rec X\n    A -> B : M\n    continue X\n"
	braces := "protocol P = { roles A, B rec X { A -> B : M continue X } }"
	a, _ := syntax.Format("a", layout)
	b, _ := syntax.Format("b", braces)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("(-layout +braces):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(everything(f))
	f.Add("protocol P = { roles A, B A -> B : M }")
	f.Add("protocol P =\n  choice A at\n  | L => ( A -> B : M )\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, problems := syntax.Parse("fuzz", text)
		for _, d := range problems {
			_ = d.String()
		}
		if len(problems) == 0 {
			_ = file.Format()
			checkFormat(t, text)
		}
	})
}
