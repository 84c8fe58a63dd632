package formats

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// structure is one structure as the page describes it.
type structure struct {
	name    string   // its heading
	code    []string // types in the source, as package.Type; nil: it has no struct with tags
	golden  []string
	unknown string // "skipped" or "refused"
	form    form
	rows    []row
}

// form is how the fields of a structure are written.
type form uint8

const (
	formMap    form = 1 // a map of CBOR
	formLayout form = 2 // in a row
	formText   form = 3 // JSON, TOML or a line of text
)

// row is one field.
type row struct {
	key     string // of a map or in a text; in a layout the offset
	field   string
	kind    string // of a map's value; in a layout the number of bytes
	since   string
	meaning string
}

// headers are those of the tables.
var headers = map[string]form{
	"| key | field | type | since | meaning |":  formMap,
	"| at | field | bytes | since | meaning |":  formLayout,
	"| name | field | type | since | meaning |": formText,
}

var (
	heading     = regexp.MustCompile(`^#{3,4} (.+)$`)
	description = regexp.MustCompile(`^Code: (.+?)\. Golden: (.+?)\. Unknown: (skipped|refused)\.`)
	quoted      = regexp.MustCompile("`([^`]+)`")
	goldenLink  = regexp.MustCompile(`\[([^\]]+)\]\(\.\./internal/formats/testdata/([^)]+)\.golden\)`)
)

// module returns the module's folder.
func module(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	t.Fatal("the module's folder was not found")
	return ""
}

func goldenPath(t testing.TB, name string) string {
	return filepath.Join(module(t), "internal", "formats", "testdata", name+".golden")
}

// readPage returns the structures of docs/formats.md in their order.
func readPage(t testing.TB) []structure {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(module(t), "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	all, faults := parsePage(string(text))
	for _, why := range faults {
		t.Error("docs/formats.md: " + why)
	}
	return all
}

func parsePage(text string) (all []structure, faults []string) {
	name, table := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := heading.FindStringSubmatch(line); m != nil {
			name = m[1]
		}
		if m := description.FindStringSubmatch(line); m != nil {
			s := structure{name: name, unknown: m[3]}
			for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
				s.code = append(s.code, q[1])
			}
			for _, l := range goldenLink.FindAllStringSubmatch(m[2], -1) {
				if l[1] != l[2] {
					faults = append(faults, name+": the link "+l[1]+" leads to "+l[2])
				}
				s.golden = append(s.golden, l[2])
			}
			all = append(all, s)
		} else if strings.HasPrefix(line, "Code: ") {
			faults = append(faults, name+`: the line "`+line+`" does not say code, golden files and what becomes of the unknown`)
		}
		switch {
		case headers[line] != 0:
			table = len(all) > 0 && all[len(all)-1].name == name
			if !table {
				faults = append(faults, name+": a table of fields without the line that says where the code is")
				continue
			}
			all[len(all)-1].form = headers[line]
		case !strings.HasPrefix(line, "|"):
			table = false
		case table && !strings.HasPrefix(line, "|---"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			if len(cells) != 5 {
				faults = append(faults, name+": a row without five cells: "+line)
				continue
			}
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			s := &all[len(all)-1]
			s.rows = append(s.rows, row{cells[0], cells[1], cells[2], cells[3], cells[4]})
		}
	}
	return all, faults
}

// kindRow is a row of the table of kinds of facts: kind, payload, namespace, since.
var kindRow = regexp.MustCompile("(?m)^\\| `([a-z.]+)` \\| ([^|]+) \\| (own|context|both) \\| [12] \\|$")

// readKinds returns the kinds of facts that the page lists, with the structure of the payload.
func readKinds(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(module(t), "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, m := range kindRow.FindAllStringSubmatch(string(text), -1) {
		kinds[m[1]] = m[2]
	}
	return kinds
}

// find returns the structure that has a golden file.
func find(t testing.TB, golden string) *structure {
	t.Helper()
	all := readPage(t)
	for i := range all {
		for _, name := range all[i].golden {
			if name == golden {
				return &all[i]
			}
		}
	}
	t.Fatalf("docs/formats.md names no golden file %q", golden)
	return nil
}
