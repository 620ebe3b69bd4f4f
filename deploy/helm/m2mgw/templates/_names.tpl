{{- define "m2mgw.name" -}}
{{- $name := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) }}
{{- $name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "m2mgw.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "m2mgw.labels" -}}
{{ include "m2mgw.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* gateway.yaml: what `config` says, the listeners of the container, and where the CSE reaches it. */}}
{{- define "m2mgw.config" -}}
{{- $config := deepCopy .Values.config }}
{{- range $face, $port := .Values.ports }}
{{- $_ := set $config $face (merge (dict "listen" (printf "0.0.0.0:%v" $port)) (get $config $face | default dict)) }}
{{- end }}
{{- if and $config.cse.url (not $config.http.advertise) }}
{{- $_ := set $config.http "advertise" (printf "http://%s.%s.svc:%v" (include "m2mgw.name" .) .Release.Namespace .Values.ports.http) }}
{{- end }}
{{- toYaml (set $config "stateDir" "/var/lib/m2mgw") }}
{{- end }}

{{- define "m2mgw.adminScheme" -}}
{{- if dig "tls" "certificates" list (.Values.config.admin | default dict) }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}
