# Makes crossed_lme4.csv from crossed_answers.csv (Debian: r-cran-lme4).  Run in this folder: Rscript crossed_lme4.R
# Conditions are coded -1/2 and 1/2, slopes are independent of intercepts.
library(lme4)
answers <- read.csv("crossed_answers.csv")
answers$condition <- answers$second - 0.5
models <- list(
  plain = correct ~ 1 + (1 | observer) + (1 | item),
  condition = correct ~ condition + (1 + condition || observer) + (1 + condition || item)
)
rows <- lapply(names(models), function(name) {
  fit <- glmer(models[[name]], answers, family = binomial, control = glmerControl(optimizer = "bobyqa"))
  stopifnot(is.null(fit@optinfo$conv$lme4$messages))
  fixed <- coef(summary(fit))
  spread <- as.data.frame(VarCorr(fit))
  rbind(
    data.frame(model = name, kind = "fixed", group = "", term = rownames(fixed),
               estimate = fixed[, "Estimate"], standard_error = fixed[, "Std. Error"]),
    data.frame(model = name, kind = "sd", group = sub("[.]1$", "", spread$grp), term = spread$var1,
               estimate = spread$sdcor, standard_error = NA)
  )
})
table <- do.call(rbind, rows)
table$lme4 <- as.character(packageVersion("lme4"))
write.csv(table, "crossed_lme4.csv", row.names = FALSE, quote = FALSE, na = "")
