package choreo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo/syntax"
)

// DefaultFlowCost is charged for a send that has annotations but no flow_cost among them.
const DefaultFlowCost aura.FlowCost = 100

// annotationKinds are the ways in which the value of a known key may be written. Other keys are carried
// and mean nothing here.
var annotationKinds = map[string][]syntax.ValueKind{
	"guard_capability": {syntax.ValueString},
	"flow_cost":        {syntax.ValueInt},
	"journal_facts":    {syntax.ValueString},
	"journal_merge":    {syntax.ValueName},
	"audit_log":        {syntax.ValueString},
	"leak":             {syntax.ValueString},
	"link":             {syntax.ValueString},
	"parallel":         {syntax.ValueName},
	"priority":         {syntax.ValueInt},
	"retry":            {syntax.ValueInt},
	"idempotent":       {syntax.ValueName},
	"trace":            {syntax.ValueName, syntax.ValueString},
	"runtime_timeout":  {syntax.ValueDuration},
	"ordered":          {syntax.ValueName},
	"min_responses":    {syntax.ValueInt},
}

// annotationOnce are the keys that contradict themselves if given twice.
var annotationOnce = []string{"flow_cost", "parallel", "link", "journal_merge", "runtime_timeout"}

var valueKindNames = [...]string{
	syntax.ValueString: "a string in quotes", syntax.ValueInt: "a number", syntax.ValueDuration: "a duration such as 5s",
	syntax.ValueName: "true or false", syntax.ValueNumbers: "a list of numbers", syntax.ValueNames: "a list of names",
}

func (c *checker) checkAnnotations(body []syntax.Stmt) {
	syntax.Walk(body, func(s syntax.Stmt) { lower(notesOf(s), c.problem) })
}

// notesOf returns the annotations of a send or broadcast, nil for anything else.
func notesOf(s syntax.Stmt) []*syntax.Annotation {
	switch s := s.(type) {
	case *syntax.Send:
		return s.Annotations
	case *syntax.Broadcast:
		return s.Annotations
	}
	return nil
}

// lower turns the annotations of a send into the demands on the sender.
func lower(notes []*syntax.Annotation, problem func(at syntax.Span, code, hint, format string, args ...any)) Site {
	var site Site
	seen := map[string]bool{}
	for _, a := range notes {
		key := a.Key.Text
		if seen[key] && slices.Contains(annotationOnce, key) {
			problem(a.Key.Span, "DuplicateAnnotation", "", "%s is given twice", key)
			continue
		}
		seen[key] = true
		if kinds, known := annotationKinds[key]; known && !slices.Contains(kinds, a.Value.Kind) {
			problem(a.Value.Span, "AnnotationValue", "", "%s takes %s", key, valueKindNames[kinds[0]])
			continue
		}
		req, err := requirement(key, a.Value.Text)
		switch {
		case err != nil:
			problem(a.Value.Span, "AnnotationValue", "", "%s: %v", key, err)
		case req != nil:
			site.Requirements = append(site.Requirements, req)
		case key == "parallel":
			site.Parallel = a.Value.Text == "true"
		}
	}
	if len(notes) > 0 && !seen["flow_cost"] {
		site.Requirements = append(site.Requirements, RequireFlow{DefaultFlowCost})
	}
	return site
}

// requirement lowers one annotation; nil for a key that asks for nothing.
func requirement(key, text string) (Requirement, error) {
	switch key {
	case "guard_capability":
		return RequireCapability{text}, CheckCapability(text)
	case "flow_cost":
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%s is more than %d", text, ^aura.FlowCost(0))
		}
		return RequireFlow{aura.FlowCost(n)}, nil
	case "journal_facts":
		return RequireFacts{text}, notEmpty(text)
	case "audit_log":
		return RequireAudit{text}, notEmpty(text)
	case "leak":
		observers, err := splitList(text)
		return RequireLeakage{observers}, err
	case "link":
		link, err := parseLink(text)
		return RequireLink{link}, err
	case "journal_merge":
		if yes, err := boolean(text); err != nil || !yes {
			return nil, err
		}
		return RequireMerge{}, nil
	case "parallel", "idempotent", "ordered":
		_, err := boolean(text)
		return nil, err
	}
	return nil, nil
}

func boolean(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, fmt.Errorf("%s is neither true nor false", text)
	}
	return text == "true", nil
}

func notEmpty(text string) error {
	if text == "" {
		return fmt.Errorf("the text is empty")
	}
	return nil
}

// splitList splits "a,b" and refuses empty items.
func splitList(text string) ([]string, error) {
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
		if items[i] == "" {
			return nil, fmt.Errorf("the list %q has an empty item", text)
		}
	}
	return items, nil
}

// parseLink reads "bundle=id|exports=a,b|imports=c,d"; exports and imports may be left out.
func parseLink(text string) (Link, error) {
	var link Link
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, "|") {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || seen[key] {
			return Link{}, fmt.Errorf("write bundle=id|exports=a,b|imports=c,d, each once")
		}
		seen[key] = true
		var err error
		switch key {
		case "bundle":
			link.Bundle = value
		case "exports":
			link.Exports, err = splitList(value)
		case "imports":
			link.Imports, err = splitList(value)
		default:
			err = fmt.Errorf("a link has a bundle, exports and imports, not %q", key)
		}
		if err != nil {
			return Link{}, err
		}
	}
	if link.Bundle == "" {
		return Link{}, fmt.Errorf("a link needs bundle=id")
	}
	return link, nil
}
