// Every step with the Go SDK:  eras-client URL sse|http legacy|auto
//
// It prints one JSON object. What the outcomes mean is in ../../README.md.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	stepLimit   = 240 * time.Second
	stateLimit  = 120 * time.Second
	noticeLimit = 120 * time.Second
	watched     = "eras://watched"
)

// notices are the notifications that have come, by method, and the progress that was made.
type notices struct {
	mutex sync.Mutex
	seen  map[string]bool
}

func (n *notices) note(method string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.seen[method] = true
}

// noteChange is for what, in 2026-07-28, does not count unless it belongs to a subscription.
func (n *notices) noteChange(method string, session *mcp.ClientSession, hasSubscription func() bool) {
	if !isModern(session) || hasSubscription() {
		n.note(method)
	}
}

func (n *notices) has(method string) bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.seen[method]
}

func (n *notices) hear(method string) error {
	return until(noticeLimit, func() (bool, error) { return n.has(method), nil }, "nothing came")
}

// until asks again and again, and fails with the reason if the answer stays false.
func until(limit time.Duration, holds func() (bool, error), reason string) error {
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if ok, err := holds(); err != nil || ok {
			return err
		}
		if time.Now().After(end) {
			return errors.New(reason)
		}
	}
}

type client struct {
	session *mcp.ClientSession
	notices *notices
}

func isModern(session *mcp.ClientSession) bool {
	return session.InitializeResult().ProtocolVersion >= "2026-07-28"
}

func (c *client) call(ctx context.Context, name string, arguments map[string]any, meta mcp.Meta) (string, error) {
	params := &mcp.CallToolParams{Meta: meta, Name: name, Arguments: arguments}
	result, err := c.session.CallTool(ctx, params)
	if err != nil {
		return "", err
	}
	var texts []string
	for _, block := range result.Content {
		if text, ok := block.(*mcp.TextContent); ok {
			texts = append(texts, text.Text)
		}
	}
	text := strings.Join(texts, ",")
	if result.IsError {
		return "", errors.New(text)
	}
	return text, nil
}

func (c *client) expect(ctx context.Context, name string, arguments map[string]any, wanted string) error {
	found, err := c.call(ctx, name, arguments, nil)
	if err == nil && found != wanted {
		err = fmt.Errorf("%q instead of %q", found, wanted)
	}
	return err
}

func (c *client) tools(ctx context.Context) ([]string, error) {
	var names []string
	result, err := c.session.ListTools(ctx, nil)
	if err == nil {
		for _, tool := range result.Tools {
			names = append(names, tool.Name)
		}
	}
	return names, err
}

func (c *client) listTools(ctx context.Context) error {
	names, err := c.tools(ctx)
	if err == nil && !slices.Contains(names, "echo") {
		err = fmt.Errorf("no echo in %v", names)
	}
	return err
}

func (c *client) progress(ctx context.Context) error {
	if _, err := c.call(ctx, "steps", map[string]any{}, mcp.Meta{"progressToken": "eras"}); err != nil {
		return err
	}
	return c.notices.hear("notifications/progress")
}

func (c *client) log(ctx context.Context) error {
	var meta mcp.Meta
	if isModern(c.session) {
		meta = mcp.Meta{mcp.MetaKeyLogLevel: "info"}
	} else if err := c.session.SetLoggingLevel(ctx, &mcp.SetLoggingLevelParams{Level: "info"}); err != nil {
		return err
	}
	if _, err := c.call(ctx, "log", map[string]any{}, meta); err != nil {
		return err
	}
	return c.notices.hear("notifications/message")
}

func (c *client) subscribe(ctx context.Context) error {
	if err := c.session.Subscribe(ctx, &mcp.SubscribeParams{URI: watched}); err != nil {
		return err
	}
	if _, err := c.call(ctx, "touch", map[string]any{}, nil); err != nil {
		return err
	}
	return c.notices.hear("notifications/resources/updated")
}

func (c *client) listChanged(ctx context.Context) error {
	if _, err := c.call(ctx, "grow", map[string]any{}, nil); err != nil {
		return err
	}
	if err := c.notices.hear("notifications/tools/list_changed"); err != nil {
		return err
	}
	names, err := c.tools(ctx)
	if err == nil && !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "grown") }) {
		err = errors.New("told, but the list is the old one")
	}
	return err
}

func (c *client) complete(ctx context.Context) error {
	result, err := c.session.Complete(ctx, &mcp.CompleteParams{
		Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: "topics"},
		Argument: mcp.CompleteParamsArgument{Name: "topic", Value: "pa"},
	})
	if err == nil && strings.Join(result.Completion.Values, ",") != "paris,park" {
		err = fmt.Errorf("%v", result.Completion.Values)
	}
	return err
}

func (c *client) readUnknown(ctx context.Context) error {
	_, err := c.session.ReadResource(ctx, &mcp.ReadResourceParams{URI: "eras://none"})
	if err == nil {
		return errors.New("no error")
	}
	var answer *jsonrpc.Error
	isExpected := errors.As(err, &answer) && (answer.Code == -32002 || answer.Code == -32602)
	if isExpected && strings.Contains(err.Error(), "no such resource") {
		return nil
	}
	return err
}

func (c *client) cancel(ctx context.Context) error {
	key := rand.Text()
	reach := func(state string) error {
		return until(stateLimit, func() (bool, error) {
			found, err := c.call(ctx, "state", map[string]any{"key": key}, nil)
			return found == state, err
		}, fmt.Sprintf("the call is not %s at the server", state))
	}
	waiting, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = c.call(waiting, "wait", map[string]any{"key": key}, nil)
	}()
	err := reach("waiting")
	stop()
	<-ended
	if err != nil {
		return err
	}
	return reach("cancelled")
}

func connect(ctx context.Context, url, transport, mode string) (*client, error) {
	n := &notices{seen: map[string]bool{}}
	options := &mcp.ClientOptions{
		Capabilities: &mcp.ClientCapabilities{
			RootsV2: &mcp.RootCapabilities{},
			Elicitation: &mcp.ElicitationCapabilities{
				Form: &mcp.FormElicitationCapabilities{}, URL: &mcp.URLElicitationCapabilities{},
			},
		},
		CreateMessageHandler: func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			text := &mcp.TextContent{Text: "I am eras"}
			return &mcp.CreateMessageResult{Role: "assistant", Model: "eras", Content: text}, nil
		},
		ElicitationHandler: func(_ context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			if request.Params.Mode == "url" {
				return &mcp.ElicitResult{Action: "accept"}, nil
			}
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "eras"}}, nil
		},
		LoggingMessageHandler: func(context.Context, *mcp.LoggingMessageRequest) { n.note("notifications/message") },
		ResourceUpdatedHandler: func(_ context.Context, request *mcp.ResourceUpdatedNotificationRequest) {
			n.noteChange("notifications/resources/updated", request.Session, func() bool {
				return request.Params != nil && request.Params.Meta[mcp.MetaKeySubscriptionID] != nil
			})
		},
		ToolListChangedHandler: func(_ context.Context, request *mcp.ToolListChangedRequest) {
			n.noteChange("notifications/tools/list_changed", request.Session, func() bool {
				return request.Params != nil && request.Params.Meta[mcp.MetaKeySubscriptionID] != nil
			})
		},
		ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) {
			n.note("notifications/progress")
		},
	}
	sdk := mcp.NewClient(&mcp.Implementation{Name: "eras", Version: "1.0.0"}, options)
	sdk.AddRoots(&mcp.Root{URI: "file:///eras"})
	sessionOptions := &mcp.ClientSessionOptions{}
	if mode == "legacy" {
		sessionOptions.ProtocolVersion = "2025-11-25"
	}
	var how mcp.Transport = &mcp.StreamableClientTransport{Endpoint: url}
	if transport == "sse" {
		how = &mcp.SSEClientTransport{Endpoint: url}
	}
	session, err := sdk.Connect(ctx, how, sessionOptions)
	if err != nil {
		return nil, err
	}
	return &client{session: session, notices: n}, nil
}

// within runs a step, which may ignore that its context has ended.
func within(limit time.Duration, step func(context.Context) error) error {
	ctx, stop := context.WithTimeout(context.Background(), limit)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- step(ctx) }()
	late := fmt.Errorf("no end in %v", limit)
	select {
	case err := <-done:
		if errors.Is(err, context.DeadlineExceeded) {
			return late
		}
		return err
	case <-ctx.Done():
		return late
	}
}

func outcome(err error) string {
	if err == nil {
		return "yes"
	}
	var answer *jsonrpc.Error
	if errors.As(err, &answer) && !strings.Contains(err.Error(), fmt.Sprint(answer.Code)) {
		return fmt.Sprintf("no: %d: %v", answer.Code, err)
	}
	return "no: " + err.Error()
}

func run(url, transport, mode string) map[string]string {
	found := map[string]string{}
	var c *client
	err := within(2*stepLimit, func(context.Context) (err error) {
		// The streams of a session end with the context it was opened with.
		c, err = connect(context.Background(), url, transport, mode)
		return err
	})
	if err != nil {
		found["connect"] = outcome(err)
		return found
	}
	found["connect"] = c.session.InitializeResult().ProtocolVersion
	expect := func(name string, arguments map[string]any, wanted string) func(context.Context) error {
		return func(ctx context.Context) error { return c.expect(ctx, name, arguments, wanted) }
	}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"tools", c.listTools},
		{"call", expect("echo", map[string]any{"message": "eras"}, "eras")},
		{"progress", c.progress},
		{"log", c.log},
		{"subscribe", c.subscribe},
		{"list_changed", c.listChanged},
		{"sampling", expect("sample", map[string]any{}, "I am eras")},
		{"form", expect("form", map[string]any{}, "accept eras")},
		{"url", expect("link", map[string]any{}, "accept")},
		{"roots", expect("roots", map[string]any{}, "file:///eras")},
		{"completion", c.complete},
		{"error", c.readUnknown},
		{"cancel", c.cancel},
	} {
		found[step.name] = outcome(within(stepLimit, step.run))
	}
	found["close"] = outcome(within(stepLimit, func(context.Context) error { return c.session.Close() }))
	return found
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: eras-client URL sse|http legacy|auto")
		os.Exit(2)
	}
	found, err := json.Marshal(run(os.Args[1], os.Args[2], os.Args[3]))
	if err != nil {
		panic(err)
	}
	fmt.Println(string(found))
}
